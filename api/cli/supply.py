"""`headwatt supply`: the DC supply with the timetable in force, over line and time."""

import math
import re
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.markup import escape
from rich.table import Table

from api.cli.console import print_json, stage_progress, stderr_console, stdout_console
from api.cli.shared_options import JsonOutput, OverrideNames, ScenarioName
from energy_models.faults import Fault, InputFaults

if TYPE_CHECKING:
    from energy_models.account.energy import EnergyAccount
    from energy_models.account.substations import UtilityChain
    from energy_models.supply.network import SupplyNetwork
    from energy_models.supply.snapshots import Snapshots, SupplySolution

HELP = (
    "Solve the DC supply for today's timetable and show voltage and power over line and time.\n\n"
    "The command solves the two-track network (third rails, return, ties, storage) for every second of an undisturbed "
    "day of the timetable in force. It prints the energy of each substation, the losses by type, the braking energy "
    "offered, used and burnt, and the lowest voltage with its place and time. Energies are at the substations' DC "
    "terminals, except energies marked utility."
)
EPILOG = """\
[bold]Examples[/]

The morning peak, with a page for the browser:
[cyan]headwatt supply beijing_yizhuang --from 07:00 --to 08:00 --plot peak.html[/]

A day with the substation of Rongchang out of service:
[cyan]headwatt supply beijing_yizhuang --out RC[/]
"""


def supply(
    scenario: ScenarioName,
    from_time: Annotated[
        str | None, typer.Option("--from", metavar="HH:MM", help="Start of the window (default: first departure).")
    ] = None,
    to_time: Annotated[
        str | None,
        typer.Option("--to", metavar="HH:MM", help="End of the window; may pass 24:00 (default: end of day)."),
    ] = None,
    out: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Substation or storage out of service; may be repeated."),
    ] = None,
    model: Annotated[
        Literal["ladder", "equivalent"], typer.Option(help="Model: two-track ladder, or one equivalent track.")
    ] = "ladder",
    override: OverrideNames = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE.html", help="Page to write: voltage and power over line and time.")
    ] = None,
    json: JsonOutput = False,
) -> None:
    """Solve a day and show a window of it; see HELP."""
    # The physics takes seconds to import; `--help` and the other commands do not wait for it.
    from dispatch.plans.in_force import timetable_in_force  # noqa: PLC0415
    from energy_models.account.energy import account  # noqa: PLC0415
    from energy_models.supply.solver import solve  # noqa: PLC0415
    from scenarios.files.load import load_scenario  # noqa: PLC0415
    from scenarios.values.build import profile_library, require_possible_running_times, supply_network  # noqa: PLC0415
    from simulation.day.model import day_model  # noqa: PLC0415
    from simulation.judging.overloads import overload_remarks  # noqa: PLC0415

    begin_s, end_s = clock_s(from_time, "--from"), clock_s(to_time, "--to")
    loaded = load_scenario(scenario, tuple(override or ()))
    seconds: dict[str, float] = {}
    begun = time.monotonic()

    def lap(stage: str) -> None:
        seconds[stage] = round(time.monotonic() - begun - sum(seconds.values()), 3)

    network = supply_network(loaded)
    if out:
        network = network.without(*out)
    with stage_progress(f"headwatt supply {loaded.name}") as progress:
        progress("trains", 0.0)
        library = profile_library(loaded)
        require_possible_running_times(loaded, library)
        model_of_day = day_model(loaded, library)
        operations = model_of_day.run_trains(timetable_in_force(loaded), None)
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
    report["remarks"] = list(overload_remarks(loaded, {"timetable in force": figures.loads}))
    if plot is not None:
        from api.plots.supply import write_supply_plot  # noqa: PLC0415

        title = f"{loaded.title}: DC supply, {clock(shown.start_s)} to {clock(_end_s(shown))}"
        write_supply_plot(plot, title, network, shown, answer)
        stderr_console().print(f"Wrote the plot to {plot}", markup=False)
    lap("figures")
    if json:
        print_json(
            {
                "scenario": loaded.name,
                "scenario_hash": loaded.hash,
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
        _print(f"{loaded.title}, {clock(shown.start_s)} to {clock(_end_s(shown))}", report)


def clock_s(text: str | None, option: str) -> int | None:
    """Seconds after midnight of HH:MM or HH:MM:SS (hours may pass 24); raises InputFaults for other text."""
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
    """First second of a window and the second after its last; raises InputFaults if the window is outside the day."""
    begins, ends = snapshots.start_s, _end_s(snapshots)
    from_s = begins if begin_s is None else max(float(begin_s), begins)
    to_s = ends if end_s is None else min(float(end_s), ends)
    first = math.ceil((from_s - begins) / snapshots.interval_s)
    last = math.floor((to_s - begins) / snapshots.interval_s)
    if last <= first:
        loaded = f"{clock(begin_s if begin_s is not None else begins)} to {clock(end_s if end_s is not None else ends)}"
        allowed = f"a window within {clock(begins)} to {clock(ends)}, when trains run"
        raise InputFaults([Fault("", "--from and --to", "", loaded, allowed)])
    return first, last


def with_charge(network: "SupplyNetwork", solution: "SupplySolution", first: int) -> "SupplyNetwork":
    """The network with the charge of its storages at the start of the window."""
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
    """The figures of a window, for the terminal and for JSON."""
    import numpy as np  # noqa: PLC0415

    from energy_models.supply.utility import storage_loss_w  # noqa: PLC0415

    to_kwh = snapshots.interval_s / 3.6e6
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
        **chain_of(figures.chain),
        "traction_kwh": round(figures.traction_kwh, 3),
        "auxiliaries_kwh": round(figures.auxiliaries_kwh, 3),
        "regeneration_offered_kwh": round(figures.regeneration_offered_kwh, 3),
        "regeneration_used_kwh": round(figures.regeneration_used_kwh, 3),
        "regeneration_burnt_kwh": round(figures.regeneration_burnt_kwh, 3),
        "receptivity_percent": round(100.0 * figures.receptivity_share, 3),
        "losses_kwh": {
            "contact_line": round(float(solution.contact_loss_w.sum()) * to_kwh, 3),
            "return": round(float(solution.return_loss_w.sum()) * to_kwh, 3),
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
                **chain_of(figures.chains[substation.name]),
                "peak_1s_kw": round(figures.loads[substation.name].peak_1s_kw, 3),
                "peak_1min_kw": round(figures.loads[substation.name].peak_1min_kw, 3),
                "peak_2h_kw": round(figures.loads[substation.name].peak_2h_kw, 3),
                "mean_24h_kw": round(figures.loads[substation.name].mean_24h_kw, 3),
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


def chain_of(chain: "UtilityChain") -> dict[str, float]:
    """From the DC terminals to the utility meter; `utility_kwh` is the sum with returned energy negative."""
    return {
        "delivered_kwh": round(chain.delivered_kwh, 3),
        "returned_kwh": round(chain.returned_kwh, 3),
        "load_losses_kwh": round(chain.load_loss_kwh, 3),
        "no_load_losses_kwh": round(chain.no_load_loss_kwh, 3),
        "return_losses_kwh": round(chain.return_loss_kwh, 3),
        "utility_kwh": round(chain.utility_kwh, 3),
    }


def _end_s(snapshots: "Snapshots") -> float:
    return snapshots.start_s + snapshots.count * snapshots.interval_s


def _metered(row: dict[str, Any]) -> tuple[str, str, str]:
    """Energy at the DC terminals, losses up to the meter, and energy from the utility."""
    lost_kwh = row["load_losses_kwh"] + row["no_load_losses_kwh"] + row["return_losses_kwh"]
    return _short(row["energy_kwh"]), _short(lost_kwh), _short(row["utility_kwh"])


def _short(energy_kwh: float) -> str:
    """An energy that fits its column at 80 characters: no decimal from 10,000 kWh on."""
    return f"{energy_kwh:,.{0 if abs(energy_kwh) >= 1e4 else 1}f}"


def _print(title: str, report: dict[str, Any]) -> None:
    console = stdout_console()
    table = Table(title=escape(title), title_justify="left")
    for column in ("substation", "m", "DC kWh", "lost kWh", "utility kWh", "peak kW", "lowest V", "highest V"):
        is_name = column == "substation"
        table.add_column(
            column, justify="left" if is_name else "right", overflow="fold", min_width=len(column) if is_name else None
        )
    for row in report["substations"]:
        table.add_row(
            escape(row["name"]), f"{row['chainage_m']:,.0f}", *_metered(row), f"{row['peak_1s_kw']:,.0f}",
            f"{row['lowest_v']:.0f}", f"{row['highest_v']:.0f}",
        )  # fmt: skip
    table.add_section()
    table.add_row("together", "", *_metered(report), f"{report['peak_1s_kw']:,.0f}", "", "")
    console.print(table)
    console.print(
        f"From the DC terminals to the utility: {report['energy_kwh']:,.1f} kWh at the terminals + "
        f"{report['load_losses_kwh']:,.1f} load losses of transformers and rectifiers + "
        f"{report['no_load_losses_kwh']:,.1f} no-load losses of transformers"
        + (
            f" + {report['return_losses_kwh']:,.1f} return losses (inverters, leak of blocked rectifiers)"
            if report["return_losses_kwh"] >= 0.05
            else ""
        )
        + f" = {report['utility_kwh']:,.1f} kWh.",
        markup=False,
    )
    for row in report["storages"]:
        console.print(
            f"Storage {row['name']}: charged {row['taken_kwh']:,.1f} kWh, delivered {row['delivered_kwh']:,.1f} kWh, "
            f"lost {row['loss_kwh']:,.1f} kWh, contains {row['charge_at_end_kwh']:,.1f} kWh at the end.",
            markup=False,
        )
    losses = report["losses_kwh"]
    console.print(
        f"Traction {report['traction_kwh']:,.1f} kWh, auxiliaries {report['auxiliaries_kwh']:,.1f} kWh; "
        f"not served {report['unserved_kwh']:,.3f} kWh.\n"
        f"Braking energy: {report['regeneration_offered_kwh']:,.1f} kWh offered, "
        f"{report['regeneration_used_kwh']:,.1f} kWh used ({report['receptivity_percent']:.1f} %), "
        f"{report['regeneration_burnt_kwh']:,.1f} kWh burnt.\n"
        f"Losses between the DC terminals and the trains: contact line {losses['contact_line']:,.1f}, return "
        f"{losses['return']:,.1f}, storages {losses['storages']:,.1f} kWh.\n"
        f"Peaks: {report['peak_1s_kw']:,.0f} kW in one second, {report['peak_15min_sliding_kw']:,.0f} kW over any "
        f"15 minutes."
    )
    for remark in report["remarks"]:
        console.print(f"[yellow]Remark.[/] {escape(remark)}")
    if "lowest_train_v" in report:
        console.print(
            f"Lowest voltage at a train: [bold]{report['lowest_train_v']:.0f} V[/] at {report['lowest_train_at']}, "
            f"chainage {report['lowest_train_chainage_m']:,.0f} m, {report['lowest_train_track']} track; highest "
            f"{report['highest_train_v']:.0f} V."
        )
