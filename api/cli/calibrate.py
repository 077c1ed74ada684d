"""`headwatt calibrate`: the parameters of a train from its telemetry, with intervals."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from api.cli.console import print_json, stage_progress, stderr_console, stdout_console
from api.cli.targets import require_writable

if TYPE_CHECKING:
    from energy_models.calibration.estimate import Calibration
    from energy_models.calibration.stretches import Cut
    from energy_models.telemetry.reading import Telemetry
    from scenarios.vehicle import CalibratedVehicle

HELP = (
    "Estimate resistance, mass, efficiencies and auxiliaries of a train from its telemetry.\n\n"
    "Energy balances over stretches of standing, traction, coasting and braking are fitted; every estimate has a 95 % "
    "interval. The vehicle file goes into a plan with --vehicle."
)
EPILOG = """\
[bold]Examples[/]

What does the telemetry say?  [cyan]headwatt calibrate morning.csv --scenario beijing_yizhuang[/]

Keep it, and look at the fit:
[cyan]headwatt calibrate morning.csv --scenario beijing_yizhuang --plot fit.html --out vehicle.yaml[/]

The train was weighed:  [cyan]headwatt calibrate morning.csv --scenario beijing_yizhuang --hold tare_t=203.4[/]

Plan with it:  [cyan]headwatt plan beijing_yizhuang --vehicle vehicle.yaml[/]
"""

_TITLES = {
    "tare_t": "tare",
    "rotating_mass_t": "rotating mass",
    "resistance_constant_kn": "resistance A",
    "resistance_per_m_s_kn": "resistance B",
    "resistance_per_m_s_squared_kn": "resistance C",
    "traction_efficiency": "traction efficiency",
    "regeneration_efficiency": "regeneration efficiency",
    "auxiliary_kw": "auxiliaries",
}
_SPEEDS_KMH = (30, 50, 70)


def calibrate(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Telemetry, CSV; see `headwatt telemetry columns`.")],
    scenario: Annotated[
        str, typer.Option(metavar="SCENARIO", help="The line it was recorded on: a bundled name or a scenario folder.")
    ],
    out: Annotated[Path | None, typer.Option(help="Vehicle file to write, YAML.", metavar="FILE")] = None,
    plot: Annotated[
        Path | None, typer.Option(help="Page to write: measured against modelled power, residuals.", metavar="FILE")
    ] = None,
    hold: Annotated[
        list[str] | None,
        typer.Option(
            help="A parameter that is known: NAME (the scenario's value) or NAME=VALUE.", metavar="NAME[=VALUE]"
        ),
    ] = None,
    vehicle: Annotated[
        list[str] | None, typer.Option(help="Only this trainset's rows; may be repeated.", metavar="ID")
    ] = None,
    train_type: Annotated[
        str | None, typer.Option(help="Train type of the scenario; its main one by default.", metavar="NAME")
    ] = None,
    override: Annotated[
        list[str] | None, typer.Option(help="A named change of the scenario; may be repeated.", metavar="NAME")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the vehicle as one JSON object on stdout.")] = False,
) -> None:
    """Estimate the parameters of a train from its telemetry."""
    # The physics takes a second to import; --help does not wait for it.
    from api.calibration_plot import write_plot  # noqa: PLC0415
    from scenarios.load import load_scenario  # noqa: PLC0415
    from scenarios.vehicle import write_vehicle  # noqa: PLC0415
    from scenarios.vehicle_from_telemetry import calibrate_file  # noqa: PLC0415

    require_writable({"--out": out, "--plot": plot})
    line = load_scenario(scenario, tuple(override or ()))
    with stage_progress("calibrate") as report:
        result = calibrate_file(file, line, hold or (), train_type=train_type, only=vehicle or (), progress=report)
    if out is not None:
        write_vehicle(result.vehicle, out)
    if plot is not None:
        write_plot(result.calibration, result.vehicle, plot)
    if json:
        print_json(_as_json(result.vehicle, result.calibration, result.telemetry, result.cut))
        _say_exclusions(result.telemetry, stderr_console())
        return
    console = stdout_console()
    _say_exclusions(result.telemetry, console)
    _say_result(result.vehicle, result.calibration, result.cut, console)
    if out is not None:
        console.print(
            f"The vehicle is in {escape(str(out))}; use it: "
            f"[cyan]headwatt plan {escape(scenario)} --vehicle {escape(str(out))}[/]"
        )
    if plot is not None:
        console.print(f"The fit is drawn in {escape(str(plot))}.")


def _say_exclusions(telemetry: "Telemetry", console: Console) -> None:
    console.print(f"{len(telemetry.rows):,} of {telemetry.rows_read:,} rows of {escape(telemetry.file)} are good.")
    for exclusion in telemetry.exclusions:
        console.print(f"  [yellow]•[/] {escape(str(exclusion))}")


def _say_result(vehicle: "CalibratedVehicle", calibration: "Calibration", cut: "Cut", console: Console) -> None:
    s = calibration.stretches
    used = float(s.duration_s[~calibration.outlier].sum())
    unused = "; ".join(f"{count:,} {reason}" for reason, count in cut.unused_seconds.items() if count)
    console.print(
        f"{used:,.0f} s in {int((~calibration.outlier).sum()):,} stretches of {calibration.runs} runs were fitted. "
        f"Seconds not used: {escape(unused)}; {float(s.duration_s[calibration.outlier].sum()):,.0f} in "
        f"{int(calibration.outlier.sum())} stretches that miss the balance by more than six sigma."
    )
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    for title in ("parameter", "scenario", "estimate", "95 % interval", "unit", "differs by"):
        left = title in ("parameter", "unit")
        table.add_column(title, justify="left" if left else "right", no_wrap=title != "differs by")
    for name, title in _TITLES.items():
        one = getattr(vehicle.parameters, name)
        if one is None:
            reason = vehicle.not_estimated.get(name, "not estimated")
            table.add_row(title, "", "", "", "", escape(reason))
            continue
        low, high = one.interval_95.lower, one.interval_95.upper
        figures = _decimals(high - low)
        table.add_row(
            title,
            f"{one.scenario_value:.{figures}f}",
            f"[bold]{one.value:.{figures}f}[/]",
            f"{low:.{figures}f} to {high:.{figures}f}",
            one.unit,
            reading(one.value, low, high, one.scenario_value),
        )
    for speed in _SPEEDS_KMH:
        at = calibration.resistance_interval(speed / 3.6)
        table.add_row(
            f"resistance at {speed} km/h", f"{nominal_resistance_kn(vehicle, speed):.2f}", f"{at.value / 1e3:.2f}",
            f"{at.lower / 1e3:.2f} to {at.upper / 1e3:.2f}", "kN",
            reading(at.value, at.lower, at.upper, nominal_resistance_kn(vehicle, speed) * 1e3),
        )  # fmt: skip
    console.print(table)
    console.print(sentence(vehicle, calibration))
    console.print(
        "A, B and C trade places with each other; the resistance at a speed is what driving feels. "
        f"Modelled power misses measured power by {calibration.residual_power_w / 1e3:.1f} kW (root mean square over "
        f"stretches). The load varies by {calibration.load_spread_kg / 1e3:.1f} t (standard deviation): it alone fixes "
        "the common scale of mass, resistance and efficiencies. Scale errors of sensors come on top of every interval."
    )


def sentence(vehicle: "CalibratedVehicle", calibration: "Calibration") -> str:
    """The whole calibration in one sentence that can be read aloud."""
    found = []
    for name, subject in (
        ("tare_t", "tare"),
        ("traction_efficiency", "efficiency in traction"),
        ("regeneration_efficiency", "efficiency in braking"),
        ("auxiliary_kw", "auxiliary power"),
    ):
        one = getattr(vehicle.parameters, name)
        if one is not None:
            found.append(
                (subject, reading(one.value, one.interval_95.lower, one.interval_95.upper, one.scenario_value))
            )
    at = calibration.resistance_interval(_SPEEDS_KMH[1] / 3.6)
    nominal = nominal_resistance_kn(vehicle, _SPEEDS_KMH[1]) * 1e3
    found.append((f"resistance at {_SPEEDS_KMH[1]} km/h", reading(at.value, at.lower, at.upper, nominal)))
    same = [subject for subject, words in found if words == "agrees"]
    parts = [f"{subject} {_in_words(words)}" for subject, words in found if words != "agrees"]
    if same:
        parts.append(" and ".join(same) + (" agrees" if len(same) == 1 else " agree"))
    return "Compared with the scenario: " + ", ".join(parts) + "."


def _in_words(words: str) -> str:
    if words == "new":
        return "is not in it"
    return words.lstrip("+-") + (" higher" if words.startswith("+") else " lower")


def nominal_resistance_kn(vehicle: "CalibratedVehicle", speed_kmh: float) -> float:
    """The scenario's running resistance at a speed; coefficients that were held count as held."""
    names = ("resistance_constant_kn", "resistance_per_m_s_kn", "resistance_per_m_s_squared_kn")
    total = 0.0
    for power, name in enumerate(names):
        one = getattr(vehicle.parameters, name)
        total += (one.scenario_value if one is not None else vehicle.held[name]) * (speed_kmh / 3.6) ** power
    return total


def reading(value: float, lower: float, upper: float, scenario_value: float) -> str:
    """How the estimate stands to the scenario: they agree when the interval holds the scenario's value."""
    if lower <= scenario_value <= upper:
        return "agrees"
    if scenario_value == 0.0:
        return "new"
    share = value / scenario_value - 1.0
    return f"{share:+.1%}"


def _decimals(width: float) -> int:
    """Decimals that show two figures of an interval's width."""
    decimals = 0
    while width * 10**decimals < 10.0 and decimals < 6:
        decimals += 1
    return decimals


def _as_json(
    vehicle: "CalibratedVehicle", calibration: "Calibration", telemetry: "Telemetry", cut: "Cut"
) -> dict[str, Any]:
    return {
        **vehicle.model_dump(mode="json", exclude_none=True),
        "resistance_n": [
            {"speed_kmh": speed, "value": at.value, "lower": at.lower, "upper": at.upper}
            for speed in _SPEEDS_KMH
            for at in [calibration.resistance_interval(speed / 3.6)]
        ],
        "residual_power_kw": calibration.residual_power_w / 1e3,
        "load_spread_t": calibration.load_spread_kg / 1e3,
        "stretches": len(calibration.outlier),
        "stretches_left_out": int(calibration.outlier.sum()),
        "exclusions": [
            {"reason": one.reason, "rows": one.rows, "first_lines": list(one.first_lines)}
            for one in telemetry.exclusions
        ],
        "seconds_not_used": dict(cut.unused_seconds),
    }
