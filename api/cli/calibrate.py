"""`headwatt calibrate`: estimate the parameters of a train from its telemetry, with confidence intervals."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from api.cli.calibrate_fleet import calibrate_days_into
from api.cli.console import print_json, stage_progress, stderr_console, stdout_console
from api.cli.counters import counters_alone as _counters_alone
from api.cli.counters import counters_as_json, counters_in_words
from api.cli.shared_options import OverrideNames
from api.cli.simulation_options import EngineAddress, Workers, engine_of
from api.cli.targets import require_writable
from api.cli.telemetry_store import LineName

if TYPE_CHECKING:
    from energy_models.calibration.estimate import Calibration
    from energy_models.calibration.stretches import Cut
    from energy_models.telemetry.quality import Telemetry
    from scenarios.vehicles.calibrated import CalibratedVehicle

HELP = (
    "Estimate resistance, mass, efficiencies and auxiliaries of a train from its telemetry.\n\n"
    "The calibration fits energy balances over stretches of standing, traction, coasting and braking. It finds the "
    "scale of the speed sensor, the lag of the energy meter and the losses of the drive by force and speed. Every "
    "estimate has a 95 % interval that includes the declared accuracy of the sensors. If the telemetry does not fit "
    "one train, the command names the likely cause. `headwatt plan --vehicle FILE` uses the vehicle file that --out "
    "writes."
)
EPILOG = """\
[bold]Examples[/]

Print the estimates:  [cyan]headwatt calibrate morning.csv --scenario beijing_yizhuang[/]

Write the vehicle file and a page that shows the fit:
[cyan]headwatt calibrate morning.csv --scenario beijing_yizhuang --plot fit.html --out vehicle.yaml[/]

Keep the tare fixed at a measured value:
[cyan]headwatt calibrate morning.csv --scenario beijing_yizhuang --hold tare_t=203.4[/]

Declare a meter of class 0.5, and a load sensor that was checked on a weighbridge:
[cyan]headwatt calibrate day.csv --scenario beijing_yizhuang --energy-class 0.5 --load-class 0.5 --load-zero-t 0.2[/]

A model of one vehicle in the folder of a fleet:
[cyan]headwatt calibrate day.csv --scenario my_line/ --vehicle TS01 --day 2026-11-30 --out fleet/TS01.yaml[/]

A model of each vehicle and day of a telemetry store, or of a folder of telemetry files:
[cyan]headwatt calibrate store/ --scenario my_line/ --out fleet/[/]
[cyan]headwatt calibrate recordings/ --scenario my_line/ --out fleet/ --workers 4[/]

Plan with the calibrated vehicle:  [cyan]headwatt plan beijing_yizhuang --vehicle vehicle.yaml[/]
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
_NOTED_SCALE = 5e-4
_NOTED_CURVE = 0.1
_NOTED_GRADIENT_PERMIL = 0.2


def calibrate(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="Telemetry file (CSV; see `headwatt telemetry columns`), folder of a telemetry store, or folder of "
            "telemetry files (CSV, Parquet, gzip).",
        ),
    ],
    scenario: Annotated[
        str, typer.Option(metavar="SCENARIO", help="Line of the telemetry: name of a bundled line, or scenario folder.")
    ],
    out: Annotated[
        Path | None, typer.Option(help="Vehicle file to write (YAML); for a folder, the fleet folder.", metavar="FILE")
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(help="Page to write: measured and modelled power, residuals.", metavar="FILE")
    ] = None,
    hold: Annotated[
        list[str] | None,
        typer.Option(
            help="Parameter to keep fixed: NAME (at the scenario's value) or NAME=VALUE; may be repeated.",
            metavar="NAME[=VALUE]",
        ),
    ] = None,
    vehicle: Annotated[
        list[str] | None, typer.Option(help="Use only the rows of this trainset; may be repeated.", metavar="ID")
    ] = None,
    train_type: Annotated[
        str | None, typer.Option(help="Train type of the scenario; by default its main train type.", metavar="NAME")
    ] = None,
    day: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="Service day of the telemetry, for the vehicle file; of a folder, only this day is used.",
            metavar="DAY",
        ),
    ] = None,
    energy_class: Annotated[
        float, typer.Option(min=0, max=10, help="Accuracy of voltage times current, in percent.", metavar="PERCENT")
    ] = 1.0,
    load_class: Annotated[
        float,
        typer.Option(min=0, max=20, help="Accuracy of the scale of the load sensor, in percent.", metavar="PERCENT"),
    ] = 2.0,
    load_zero_t: Annotated[
        float, typer.Option(min=0, max=50, help="Accuracy of the zero of the load sensor, in t.", metavar="T")
    ] = 1.0,
    sampling: Annotated[
        Literal["mean", "sample"] | None,
        typer.Option(
            help="Voltage and current of rows more than 1.5 s apart: mean since the row before, or sample of the last "
            "second. By default, the lag of the meter decides.",
        ),
    ] = None,
    counters: Annotated[
        Path | None,
        typer.Option(
            help="Energy counters of the trains, which must agree with voltage and current (CSV: vehicle, "
            "period_end_s, consumed_kwh, regenerated_kwh).",
            metavar="FILE",
        ),
    ] = None,
    counters_alone: Annotated[
        bool,
        typer.Option(
            "--counters-alone",
            help="Use the counters and the motion, not voltage and current: scale of the traction energy, auxiliaries.",
        ),
    ] = False,
    line_of_store: LineName = None,
    workers: Workers = 2,
    engine: EngineAddress = None,
    override: OverrideNames = None,
    json: Annotated[bool, typer.Option("--json", help="Print the vehicle as one JSON object on stdout.")] = False,
) -> None:
    """Estimate the parameters of a train from its telemetry."""
    # The physics takes a second to import; --help does not wait for it.
    from api.plots.calibration import write_plot  # noqa: PLC0415
    from energy_models.calibration.priors import SensorClasses  # noqa: PLC0415
    from energy_models.faults import Fault, InputFaults  # noqa: PLC0415
    from scenarios.files.load import load_scenario  # noqa: PLC0415
    from scenarios.vehicles.calibrated import write_vehicle  # noqa: PLC0415
    from scenarios.vehicles.from_counters import agreements, read_counters  # noqa: PLC0415
    from scenarios.vehicles.from_telemetry import calibrate_file  # noqa: PLC0415

    is_folder = file.is_dir()
    require_writable({"--out": None if is_folder else out, "--plot": plot})
    classes = SensorClasses(energy_class / 100.0, load_class / 100.0, load_zero_t * 1e3)
    line = load_scenario(scenario, tuple(override or ()))
    days = () if day is None else (day.date().isoformat(),)
    of_file = {"--plot": plot, "--counters": counters, "--counters-alone": counters_alone or None}
    wrong, allowed = (of_file, "a telemetry file") if is_folder else ({"--engine": engine}, "a folder of vehicle-days")
    if faults := [Fault("", "", name, str(one), allowed) for name, one in wrong.items() if one is not None]:
        raise InputFaults(faults)
    if is_folder:
        calibrate_days_into(
            out, file, line_of_store, line, scenario, tuple(hold or ()), engine_of(workers, engine),
            vehicles=tuple(vehicle or ()), days=days, train_type=train_type, classes=classes, sampling=sampling,
            json=json,
        )  # fmt: skip
        return
    if counters_alone:
        _counters_alone(file, counters, line, train_type, tuple(vehicle or ()), classes.energy, out or plot, json)
        return
    with stage_progress("calibrate") as report:
        result = calibrate_file(
            file, line, hold or (), train_type=train_type, only=vehicle or (), classes=classes, sampling=sampling,
            progress=report, day=days[0] if days else None,
        )  # fmt: skip
    compared = agreements(result.calibration, read_counters(counters), counters.name) if counters is not None else ()
    if out is not None:
        write_vehicle(result.vehicle, out)
    if plot is not None:
        write_plot(result.calibration, result.vehicle, plot)
    if json:
        found = _as_json(result.vehicle, result.calibration, result.telemetry, result.cut)
        print_json(found | {"counters": [counters_as_json(one) for one in compared]} if compared else found)
        _print_exclusions(result.telemetry, stderr_console())
        return
    console = stdout_console()
    _print_exclusions(result.telemetry, console)
    _print_result(result.vehicle, result.calibration, result.cut, console)
    for one in compared:
        console.print(f"  [yellow]•[/] {escape(counters_in_words(one))}")
    if out is not None:
        console.print(
            f"Wrote the vehicle to {escape(str(out))}. To plan with this vehicle: "
            f"[cyan]headwatt plan {escape(scenario)} --vehicle {escape(str(out))}[/]"
        )
    if plot is not None:
        console.print(f"Wrote the plots of the fit to {escape(str(plot))}.")


def _print_exclusions(telemetry: "Telemetry", console: Console) -> None:
    console.print(f"{len(telemetry.rows):,} of {telemetry.rows_read:,} rows of {escape(telemetry.file)} are usable.")
    for note in telemetry.notes:
        console.print(f"  Note. {escape(note)}")
    for exclusion in telemetry.exclusions:
        console.print(f"  [yellow]•[/] {escape(str(exclusion))}")


def _print_result(vehicle: "CalibratedVehicle", calibration: "Calibration", cut: "Cut", console: Console) -> None:
    s = calibration.stretches
    used = float(s.duration_s[~calibration.outlier].sum())
    unused = "; ".join(f"{count:,} {reason}" for reason, count in cut.unused_seconds.items() if count)
    console.print(
        f"The fit uses {used:,.0f} s in {int((~calibration.outlier).sum()):,} stretches of {calibration.runs} runs. "
        f"Seconds not used: {escape(unused)}; {float(s.duration_s[calibration.outlier].sum()):,.0f} in "
        f"{int(calibration.outlier.sum())} stretches whose residual exceeds six standard deviations."
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
        "The estimates of A, B and C are correlated; the resistance at a speed is better determined than each of them. "
        f"Modelled and measured power differ by {calibration.residual_power_w / 1e3:.1f} kW (root mean square over "
        f"stretches). The load varies by {calibration.load_spread_kg / 1e3:.1f} t (standard deviation); only this "
        "variation determines the common scale of mass, resistance and efficiencies. The intervals include the "
        f"declared accuracy of the sensors: energy {calibration.classes.energy:.2g}, scale of the load sensor "
        f"{calibration.classes.load_scale:.2g}, its zero {calibration.classes.load_zero_kg / 1e3:g} t."
    )
    for line in found_besides(vehicle, calibration):
        console.print(f"  [yellow]•[/] {escape(line)}")


def sentence(vehicle: "CalibratedVehicle", calibration: "Calibration") -> str:
    """The calibration compared with the scenario, in one sentence."""
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


def found_besides(vehicle: "CalibratedVehicle", calibration: "Calibration") -> list[str]:
    """What the calibration found about sensors, drive, line and fit, one sentence each."""
    lines: list[str] = []
    sensors, quality = vehicle.sensors, vehicle.quality
    if sensors is None or quality is None:
        return lines
    if sensors.meter_lag_lower_s > 0.0 or sensors.meter_lag_upper_s < 0.0:
        lines.append(
            f"The meter is {sensors.meter_lag_s:.2f} s late against the speed "
            f"(95 % from {sensors.meter_lag_lower_s:.2f} to {sensors.meter_lag_upper_s:.2f} s); this is taken out."
        )
    for wheel in sensors.wheels:
        if wheel.since_s is not None or abs(wheel.scale - 1.0) > _NOTED_SCALE:
            since = "" if wheel.since_s is None else f" since {_clock(wheel.since_s)}"
            lines.append(
                f"The speed sensor of {wheel.vehicle} reads {wheel.scale - 1.0:+.2%}{since} "
                f"({wheel.runs} runs between stations); this is taken out."
            )
    lines += [f"{rows:,} rows have a stuck {name}." for name, rows in calibration.cut.motion.stuck_rows.items() if rows]
    if quality.mass_spread_over_m > 0.0:
        lines.append(f"Gradients and curves act over {quality.mass_spread_over_m:.0f} m of train.")
    if abs(quality.curve_resistance_share - 1.0) > _NOTED_CURVE:
        lines.append(f"The curve resistance is {quality.curve_resistance_share:.2f} times that of the scenario.")
    if quality.auxiliary_kw_per_c is not None:
        lines.append(f"The auxiliaries rise by {quality.auxiliary_kw_per_c:.2f} kW for each °C outside.")
    if quality.gradient_error_permil >= _NOTED_GRADIENT_PERMIL:
        lines.append(
            f"The gradients of the scenario are wrong by about {quality.gradient_error_permil:.1f} permil "
            f"(standard deviation over 100 m). {len(quality.doubtful_gradients)} stretches of 100 m are certainly wrong"
            + "".join(
                f"; {one.from_m:.0f} to {one.to_m:.0f} m by {one.correction_permil:+.1f} permil"
                for one in quality.doubtful_gradients[:3]
            )
            + "."
        )
    lines += [f"{one[0].upper()}{one[1:]}." for one in quality.together]
    if quality.intervals_widened_by > 1.0:
        lines.append(
            "One train does not explain everything: all intervals are widened "
            f"{quality.intervals_widened_by:.1f} times. Largest misfit: {quality.misfits[0]}."
        )
    return lines


def _clock(time_s: float) -> str:
    return f"{int(time_s // 3600):02d}:{int(time_s % 3600 // 60):02d}"


def _in_words(words: str) -> str:
    if words == "new":
        return "has no value in the scenario"
    return words.lstrip("+-") + (" higher" if words.startswith("+") else " lower")


def nominal_resistance_kn(vehicle: "CalibratedVehicle", speed_kmh: float) -> float:
    """The scenario's running resistance at a speed; a fixed coefficient counts with its fixed value."""
    names = ("resistance_constant_kn", "resistance_per_m_s_kn", "resistance_per_m_s_squared_kn")
    total = 0.0
    for power, name in enumerate(names):
        one = getattr(vehicle.parameters, name)
        value = one.scenario_value if one is not None else vehicle.held.get(name, 0.0)
        total += value * (speed_kmh / 3.6) ** power
    return total


def reading(value: float, lower: float, upper: float, scenario_value: float) -> str:
    """The estimate compared with the scenario: both agree when the interval contains the scenario's value."""
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
        "notes": list(telemetry.notes),
        "exclusions": [
            {"reason": one.reason, "rows": one.rows, "first_lines": list(one.first_lines)}
            for one in telemetry.exclusions
        ],
        "seconds_not_used": dict(cut.unused_seconds),
    }
