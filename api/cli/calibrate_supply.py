"""`headwatt calibrate-supply`: the DC supply of a line from substation meters and the telemetry of its trains."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from api.cli.calibrate import reading
from api.cli.console import print_json, stage_progress, stdout_console
from api.cli.shared_options import JsonOutput, OverrideNames
from api.cli.telemetry_store import LineName, StoreFolder, store_folder

if TYPE_CHECKING:
    import pandas as pd

    from energy_models.calibration.intervals import Interval
    from scenarios.supply.from_meters import MeasuredSupply

HELP = (
    "Estimate no-load voltage and resistances of the supply from substation meters and train voltages.\n\n"
    "The command solves the DC network of the scenario for the recorded powers of all trains, and compares the "
    "voltages of the trains and the energies of the substations with the recorded ones. It prints the no-load voltage, "
    "the resistance of each substation, and that of contact line and rails, each with a 95 % interval. The telemetry "
    "must contain every train of the line."
)
EPILOG = """\
[bold]Examples[/]

The columns of the meters: substation, time_s (end of the period, seconds from midnight of the service day), and
energy_kwh, or power_kw, or voltage_v and current_a, at the DC terminals.

From files:
[cyan]headwatt calibrate-supply trains.csv --meters meters.csv --scenario my_line/[/]

From the telemetry store, with an override of the scenario that contains the estimates:
[cyan]headwatt calibrate-supply --day 2026-11-30 --meters meters.csv --scenario my_line/ --save-override measured[/]

Then:  [cyan]headwatt plan my_line/ --override measured[/]

Try the command with a simulated line:
[cyan]headwatt telemetry generate beijing_yizhuang --trains 20 --hours 2 --out trains.csv --meters meters.csv[/]
"""


def calibrate_supply(
    scenario: Annotated[
        str,
        typer.Option(
            "--scenario", metavar="SCENARIO", help="Line of the telemetry: name of a bundled line, or scenario folder."
        ),
    ],
    meters: Annotated[Path, typer.Option(metavar="FILE", help="Meters of the substations (CSV), at the DC terminals.")],
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[FILE]...", help="Telemetry files of all trains on one day; without files, the telemetry store."
        ),
    ] = None,
    store: StoreFolder = None,
    line: LineName = None,
    day: Annotated[
        str | None, typer.Option("--day", help="Service day in the store, such as 2026-11-30.", metavar="DAY")
    ] = None,
    voltage_class: Annotated[
        float, typer.Option(min=0, max=10, help="Accuracy of each train's voltmeter, in percent.", metavar="PERCENT")
    ] = 1.0,
    meter_class: Annotated[
        float, typer.Option(min=0, max=10, help="Accuracy of each substation meter, in percent.", metavar="PERCENT")
    ] = 1.0,
    override: OverrideNames = None,
    save_override: Annotated[
        str | None,
        typer.Option(help="Add an override with the estimates to the scenario's file.", metavar="NAME"),
    ] = None,
    json: JsonOutput = False,
) -> None:
    """Estimate the supply; see HELP."""
    from scenarios.files.load import load_scenario  # noqa: PLC0415
    from scenarios.supply import override as overrides  # noqa: PLC0415
    from scenarios.supply.from_meters import measured_supply, read_trains  # noqa: PLC0415

    if files and day is not None:
        raise typer.BadParameter("--day names a day of the store; leave it out with files.")
    if not files and day is None:
        raise typer.BadParameter("name telemetry files, or with --day a day of the telemetry store.")
    folder = overrides.require_new_override(scenario, save_override) if save_override is not None else None
    loaded = load_scenario(scenario, tuple(override or ()))
    with stage_progress("calibrate-supply") as progress:
        progress("reading", 0.0)
        exclusions: tuple[str, ...] = ()
        if files:
            rows, excluded = read_trains(files)
            exclusions = tuple(str(one) for one in excluded)
        else:
            stations_m = [float(station.chainage_m) for station in loaded.stations]
            rows = _stored(store_folder(store), line, str(day), stations_m)
        progress("estimate", 0.0)
        found = measured_supply(rows, meters, loaded, voltage_class=voltage_class / 100.0,
                                energy_class=meter_class / 100.0)  # fmt: skip
        progress("estimate", 1.0)
    kept = None
    if folder is not None:
        source = (
            f"Estimated from {meters.name} and {', '.join(one.name for one in files or ()) or f'{day} of the store'}"
        )
        kept = overrides.save_override(folder, str(save_override), overrides.override_of(found, source))
    if json:
        print_json(_as_json(found, exclusions))
        return
    _print(found, exclusions)
    if kept is not None:
        stdout_console().print(
            f"Added the override {save_override} to the scenario. Use it with --override {save_override}; "
            "`headwatt scenario complete --undo` puts the earlier file back.",
            markup=False,
        )


def _stored(folder: Path, line: str | None, day: str, stations_m: list[float]) -> "pd.DataFrame":
    """The rows of all vehicles of a day in the store; a row without one of the needed values is left out."""
    import pandas as pd  # noqa: PLC0415

    from energy_models.faults import Fault, InputFaults  # noqa: PLC0415
    from energy_models.telemetry.store.query import read_rows, require_line  # noqa: PLC0415
    from energy_models.telemetry.store.store import open_store  # noqa: PLC0415
    from energy_models.telemetry.stored_telemetry import filled_day  # noqa: PLC0415
    from scenarios.supply.from_meters import COLUMNS_OF_TRAINS  # noqa: PLC0415

    place = open_store(folder)
    stored = read_rows(place, require_line(place, line), days=[day])
    if stored.empty:
        raise InputFaults([Fault(str(folder), "", "--day", day, "a service day of the store")])
    days = [filled_day(mine.reset_index(drop=True), stations_m).rows
            for _, mine in stored.groupby("vehicle", observed=True, sort=True)]  # fmt: skip
    rows = pd.concat(days, ignore_index=True)[list(COLUMNS_OF_TRAINS)]
    if blank := [name for name in COLUMNS_OF_TRAINS if rows[name].isna().all()]:
        raise InputFaults(Fault(day, "", name, "no values", "a signal of the store") for name in blank)
    return rows.dropna().reset_index(drop=True)


def quantities(found: "MeasuredSupply") -> list[tuple[str, float, "Interval", float, str]]:
    """Each quantity: name, value of the scenario, interval, divisor of both for people, and unit."""
    before, estimate = found.network, found.estimate
    return [
        ("no-load voltage", before.substations[0].no_load_v, estimate.no_load_v, 1.0, "V"),
        *(
            (f"resistance of {one.name}", one.resistance_ohm, interval, 1e-3, "mΩ")
            for one, interval in zip(before.substations, estimate.resistance_ohm, strict=True)
        ),
        ("conductor resistance", before.loop_ohm_per_m, estimate.conductor_ohm_per_m, 1e-6, "mΩ/km"),
    ]


def _print(found: "MeasuredSupply", exclusions: tuple[str, ...]) -> None:
    console, recorded = stdout_console(), found.recorded
    for one in exclusions:
        console.print(f"  [yellow]•[/] {escape(one)}")
    hours = recorded.readings.snapshots.count * recorded.step_s / 3600.0
    console.print(
        f"{len(recorded.readings.voltage_v):,} readings of {len(recorded.vehicles)} trains in {hours:.1f} h, in "
        f"{recorded.periods} of the {recorded.covered} periods of the meters that the telemetry covers. In "
        f"{recorded.filled_s:,.0f} s a train has a gap: its power is interpolated, and no voltage of this time is used."
    )
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    for title in ("quantity", "scenario", "estimate", "95 % interval", "unit", "differs by"):
        table.add_column(title, justify="left" if title in ("quantity", "unit") else "right")
    for name, before, interval, per, unit in quantities(found):
        words = reading(interval.value, interval.lower, interval.upper, before)
        low, value, high, was = (f"{number / per:.{1 if unit == 'V' else 2}f}"
                                 for number in (interval.lower, interval.value, interval.upper, before))  # fmt: skip
        if name in found.estimate.unclear:
            words = "hardly determined"
        table.add_row(escape(name), was, f"[bold]{value}[/]", f"{low} to {high}", unit, words)
    console.print(table)
    console.print(
        "The conductor resistance is that of both contact lines in parallel with the return; readings of trains do not "
        "tell contact line and rails apart, so both have the same factor. Voltages of trains and network differ by "
        f"{found.estimate.voltage_noise_v:.1f} V (standard deviation)."
    )
    if found.estimate.unclear:
        console.print(
            f"Hardly determined, so that the value of the scenario counts: {escape(', '.join(found.estimate.unclear))}."
        )


def _as_json(found: "MeasuredSupply", exclusions: tuple[str, ...]) -> dict[str, Any]:
    recorded = found.recorded
    return {
        "scenario": found.scenario.name,
        "vehicles": list(recorded.vehicles),
        "readings": len(recorded.readings.voltage_v),
        "periods": recorded.periods,
        "periods_covered": recorded.covered,
        "interpolated_s": recorded.filled_s,
        "voltage_noise_v": found.estimate.voltage_noise_v,
        "estimates": [
            {"name": name, "scenario": before / per, "value": one.value / per, "lower": one.lower / per,
             "upper": one.upper / per, "unit": unit, "determined": name not in found.estimate.unclear}
            for name, before, one, per, unit in quantities(found)
        ],
        "exclusions": list(exclusions),
    }  # fmt: skip
