"""`headwatt supply`: the DC supply under the timetable in force, over line and time."""

import re
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
import typer
from rich.markup import escape
from rich.table import Table

from api.cli.console import print_json, stage_progress, stderr_console, stdout_console
from energy_models.faults import Fault, InputFaults

if TYPE_CHECKING:
    from energy_models.energy_account import EnergyAccount
    from energy_models.supply.network import SupplyNetwork
    from energy_models.supply.snapshots import Snapshots, SupplySolution

HELP = (
    "Solve the DC supply under today's timetable and show voltage and power over line and time.\n\n"
    "Every second is solved on the two-track network (third rails, return, ties, storage) for an undisturbed day of "
    "the timetable in force. Told are the energy of each substation, losses by kind, the braking energy offered, used "
    "and burnt, and the lowest voltage with its place and time. Energies are at the substations' DC terminals, unless "
    "the line says utility."
)
EPILOG = """\
[bold]Examples[/]

The morning peak, as a page that opens in a browser:
[cyan]headwatt supply beijing_yizhuang --from 07:00 --to 08:00 --plot peak.html[/]

The day with the substation of Rongchang out of service:
[cyan]headwatt supply beijing_yizhuang --out RC[/]
"""


def supply(
    scenario: Annotated[str, typer.Argument(help="Name of a bundled line, or path of a scenario folder.")],
    from_time: Annotated[
        str | None, typer.Option("--from", metavar="HH:MM", help="Show from here on (default: first departure).")
    ] = None,
    to_time: Annotated[
        str | None, typer.Option("--to", metavar="HH:MM", help="Show up to here; may pass 24:00 (default: end of day).")
    ] = None,
    out: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A substation or storage out of service; may be repeated."),
    ] = None,
    model: Annotated[
        Literal["ladder", "equivalent"], typer.Option(help="Two-track ladder, or one equivalent track.")
    ] = "ladder",
    override: Annotated[
        list[str] | None, typer.Option(help="A named change of the scenario; may be repeated.", metavar="NAME")
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE.html", help="Write voltage and power over line and time as one page.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
) -> None:
    """Solve a day and show a window of it; see HELP."""
    # The physics takes seconds to import; `--help` and the other commands do not wait for it.
    from dispatch.baseline import timetable_in_force  # noqa: PLC0415
    from energy_models.energy_account import account  # noqa: PLC0415
    from energy_models.supply.solver import solve  # noqa: PLC0415
    from scenarios.build import profile_library, require_possible_running_times, supply_network  # noqa: PLC0415
    from scenarios.load import load_scenario  # noqa: PLC0415
    from simulation.day import day_model  # noqa: PLC0415

    begin_s, end_s = clock_s(from_time, "--from"), clock_s(to_time, "--to")
    asked = load_scenario(scenario, tuple(override or ()))
    seconds: dict[str, float] = {}
    begun = time.monotonic()

    def lap(stage: str) -> None:
        seconds[stage] = round(time.monotonic() - begun - sum(seconds.values()), 3)

    network = supply_network(asked)
    if out:
        network = network.without(*out)
    with stage_progress(f"headwatt supply {asked.name}") as progress:
        progress("trains", 0.0)
        library = profile_library(asked)
        require_possible_running_times(asked, library)
        model_of_day = day_model(asked, library)
        operations = model_of_day.run_trains(timetable_in_force(asked), None)
        snapshots = model_of_day.snapshots(operations.trips)
        lap("trains")
        first, last = window(snapshots, begin_s, end_s)
        progress("supply", 0.0)
        solution = solve(network, snapshots, model=model, progress=lambda done, count: progress("supply", done / count))
        lap("supply")
    shown, answer = snapshots.between(first, last), solution.between(snapshots, first, last)
    network_then = with_charge(network, solution, first)
    figures = account(shown, answer, network_then)
    report = figures_of(shown, answer, network_then, figures)
    if plot is not None:
        from api.supply_plot import write_supply_plot  # noqa: PLC0415

        title = f"{asked.title}: DC supply, {clock(shown.start_s)} to {clock(_end_s(shown))}"
        write_supply_plot(plot, title, network, shown, answer)
        stderr_console().print(f"Plot written to {plot}", markup=False)
    lap("figures")
    if json:
        print_json(
            {
                "scenario": asked.name,
                "scenario_hash": asked.hash,
                "timetable": "in force, undisturbed",
                "model": model,
                "out_of_service": list(out or ()),
                "from": clock(shown.start_s),
                "to": clock(_end_s(shown)),
                "metering_point": "substation DC terminals",
                **report,
                "seconds": seconds,
            }
        )
    else:
        _print(f"{asked.title}, {clock(shown.start_s)} to {clock(_end_s(shown))}", report)


def clock_s(text: str | None, option: str) -> int | None:
    """Seconds after midnight of HH:MM or HH:MM:SS (hours may pass 24); raises InputFaults for anything else."""
    if text is None:
        return None
    found = re.fullmatch(r"(\d{1,2}):([0-5]\d)(?::([0-5]\d))?", text)
    if found is None:
        raise InputFaults([Fault("", option, "", text, "a time of day such as 07:30, hours up to 47")])
    hours, minutes, seconds = int(found[1]), int(found[2]), int(found[3] or 0)
    return 3600 * hours + 60 * minutes + seconds


def clock(time_s: float) -> str:
    """HH:MM:SS of the service day; hours may pass 24."""
    whole = round(time_s)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def window(snapshots: "Snapshots", begin_s: int | None, end_s: int | None) -> tuple[int, int]:
    """First instant and one after the last of a window; raises InputFaults when nothing of the day lies in it."""
    begins, ends = snapshots.start_s, _end_s(snapshots)
    from_s = begins if begin_s is None else max(float(begin_s), begins)
    to_s = ends if end_s is None else min(float(end_s), ends)
    first = int(np.ceil((from_s - begins) / snapshots.interval_s))
    last = int(np.floor((to_s - begins) / snapshots.interval_s))
    if last <= first:
        asked = f"{clock(begin_s if begin_s is not None else begins)} to {clock(end_s if end_s is not None else ends)}"
        allowed = f"a window within {clock(begins)} to {clock(ends)}, when trains run"
        raise InputFaults([Fault("", "--from and --to", "", asked, allowed)])
    return first, last


def with_charge(network: "SupplyNetwork", solution: "SupplySolution", first: int) -> "SupplyNetwork":
    """The network with its storages charged as they are when the window begins."""
    if first == 0 or not network.storages:
        return network
    charge_j = solution.storage_charge_j[first - 1]
    storages = tuple(
        replace(storage, initial_charge_share=float(held_j) / storage.capacity_j)
        for storage, held_j in zip(network.storages, charge_j, strict=True)
    )
    return replace(network, storages=storages)


def figures_of(
    snapshots: "Snapshots", solution: "SupplySolution", network: "SupplyNetwork", figures: "EnergyAccount"
) -> dict[str, Any]:
    """The figures of a window, as they are printed and as JSON gives them."""
    from energy_models.supply.utility import storage_loss_w, utility_power_w  # noqa: PLC0415

    to_kwh = snapshots.interval_s / 3.6e6
    utility_w = utility_power_w(network, solution)
    entry = int(np.argmin(solution.train_v)) if len(solution.train_v) else None
    lowest: dict[str, Any] = {}
    if entry is not None:
        instant = int(np.searchsorted(snapshots.offset, entry, side="right")) - 1
        lowest = {
            "lowest_train_v": round(float(solution.train_v[entry]), 3),
            "lowest_train_chainage_m": round(float(snapshots.chainage_m[entry]), 1),
            "lowest_train_track": "up" if snapshots.track[entry] == 0 else "down",
            "lowest_train_at": clock(snapshots.start_s + instant * snapshots.interval_s),
            "highest_train_v": round(float(solution.train_v.max()), 3),
        }
    storage_kwh = storage_loss_w(network, solution, snapshots.interval_s).sum(axis=0) * to_kwh
    return {
        "energy_kwh": round(figures.energy_kwh, 3),
        "utility_kwh": round(float(utility_w.sum()) * to_kwh, 3),
        "traction_kwh": round(figures.traction_kwh, 3),
        "auxiliaries_kwh": round(figures.auxiliaries_kwh, 3),
        "regeneration_offered_kwh": round(figures.regeneration_offered_kwh, 3),
        "regeneration_used_kwh": round(figures.regeneration_used_kwh, 3),
        "regeneration_burnt_kwh": round(figures.regeneration_burnt_kwh, 3),
        "receptivity_percent": round(100.0 * figures.receptivity_share, 3),
        "losses_kwh": {
            "contact_line": round(float(solution.contact_loss_w.sum()) * to_kwh, 3),
            "return": round(float(solution.return_loss_w.sum()) * to_kwh, 3),
            "rectifiers": round(figures.rectifier_losses_kwh, 3),
            "storages": round(float(storage_kwh.sum()), 3),
        },
        "unserved_kwh": round(figures.unserved_kwh, 3),
        "peak_1s_kw": round(figures.peak_1s_kw, 3),
        "peak_15min_sliding_kw": round(figures.peak_15min_sliding_kw, 3),
        "peak_15min_clock_kw": round(figures.peak_15min_clock_kw, 3),
        **lowest,
        "substations": [
            {
                "name": substation.name,
                "chainage_m": substation.chainage_m,
                "energy_kwh": round(float(solution.substation_power_w[:, index].sum()) * to_kwh, 3),
                "utility_kwh": round(float(utility_w[:, index].sum()) * to_kwh, 3),
                "peak_1s_kw": round(float(solution.substation_power_w[:, index].max()) / 1e3, 3),
                "lowest_v": round(float(solution.substation_v[:, index].min()), 3),
                "highest_v": round(float(solution.substation_v[:, index].max()), 3),
            }
            for index, substation in enumerate(network.substations)
        ],
        "storages": [
            {
                "name": storage.name,
                "chainage_m": storage.chainage_m,
                "delivered_kwh": round(float(np.maximum(solution.storage_power_w[:, index], 0.0).sum()) * to_kwh, 3),
                "taken_kwh": round(float(np.maximum(-solution.storage_power_w[:, index], 0.0).sum()) * to_kwh, 3),
                "loss_kwh": round(float(storage_kwh[index]), 3),
                "charge_at_end_kwh": round(float(solution.storage_charge_j[-1, index]) / 3.6e6, 3),
            }
            for index, storage in enumerate(network.storages)
        ],
        "balance_residual_percent": round(100.0 * figures.residual_share, 9),
    }


def _end_s(snapshots: "Snapshots") -> float:
    return snapshots.start_s + snapshots.count * snapshots.interval_s


def _print(title: str, report: dict[str, Any]) -> None:
    console = stdout_console()
    table = Table(title=escape(title), title_justify="left")
    for column in ("substation", "chainage, m", "energy, kWh", "peak, kW", "lowest, V", "highest, V"):
        table.add_column(column, justify="left" if column == "substation" else "right")
    for row in report["substations"]:
        table.add_row(
            escape(row["name"]), f"{row['chainage_m']:,.0f}", f"{row['energy_kwh']:,.1f}", f"{row['peak_1s_kw']:,.0f}",
            f"{row['lowest_v']:.0f}", f"{row['highest_v']:.0f}",
        )  # fmt: skip
    table.add_section()
    table.add_row("together", "", f"{report['energy_kwh']:,.1f}", f"{report['peak_1s_kw']:,.0f}", "", "")
    console.print(table)
    for row in report["storages"]:
        console.print(
            f"Storage {row['name']}: took {row['taken_kwh']:,.1f} kWh, delivered {row['delivered_kwh']:,.1f} kWh, "
            f"lost {row['loss_kwh']:,.1f} kWh, holds {row['charge_at_end_kwh']:,.1f} kWh at the end.",
            markup=False,
        )
    losses = report["losses_kwh"]
    console.print(
        f"Traction {report['traction_kwh']:,.1f} kWh, auxiliaries {report['auxiliaries_kwh']:,.1f} kWh; "
        f"not served {report['unserved_kwh']:,.3f} kWh.\n"
        f"Braking energy: {report['regeneration_offered_kwh']:,.1f} kWh offered, "
        f"{report['regeneration_used_kwh']:,.1f} kWh used ({report['receptivity_percent']:.1f} %), "
        f"{report['regeneration_burnt_kwh']:,.1f} kWh burnt.\n"
        f"Losses: contact line {losses['contact_line']:,.1f}, return {losses['return']:,.1f}, within rectifiers "
        f"{losses['rectifiers']:,.1f}, storages {losses['storages']:,.1f} kWh. "
        f"From the utility: {report['utility_kwh']:,.1f} kWh.\n"
        f"Peaks: {report['peak_1s_kw']:,.0f} kW in one second, {report['peak_15min_sliding_kw']:,.0f} kW over any "
        f"15 minutes."
    )
    if "lowest_train_v" in report:
        console.print(
            f"Lowest voltage at a train: [bold]{report['lowest_train_v']:.0f} V[/] at {report['lowest_train_at']}, "
            f"chainage {report['lowest_train_chainage_m']:,.0f} m, {report['lowest_train_track']} track; highest "
            f"{report['highest_train_v']:.0f} V."
        )
