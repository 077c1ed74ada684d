"""`headwatt scenario complete`: list what is borrowed or missing, and replace it by own or by typical values."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from api.cli.console import print_json, stage_progress, stderr_console, stdout_console
from api.cli.shared_options import JsonOutput

if TYPE_CHECKING:
    from api.completion_effects import InputState
    from scenarios.completion.apply import Completion
    from scenarios.completion.changes import Wish
    from scenarios.schema import Scenario

HELP = (
    "Replace borrowed and missing inputs of a scenario by own or by typical values.\n\n"
    "Without options, the command lists the main inputs that have no source, those with the largest effect on the "
    "saving first, with typical values by class of train and by voltage. On a terminal, it then asks for values. "
    "Changed values are written into scenario.yaml, which keeps its comments and its layout, and their provenance is "
    "updated. The earlier file is kept in the folder .before; --undo puts it back."
)
EPILOG = """\
[bold]Examples[/]

What is still borrowed:  [cyan]headwatt scenario complete lines/my_line --list[/]

The own train mass, everything else of the train as usual for six cars, a third rail of 750 V:
[cyan]headwatt scenario complete lines/my_line --set train.tare_t=198 --source "Data sheet of the train, 2021" \
--from-type heavy_6car --supply dc_750[/]

Only show the change:  [cyan]headwatt scenario complete lines/my_line --supply dc_1500 --dry-run[/]
"""


def complete(
    folder: Annotated[str, typer.Argument(metavar="DIR", help="Folder of a scenario of your own.")],
    values: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="PATH=VALUE", help="A value; `train.` stands for the main train type. Repeatable."
        ),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            "--source", metavar="TEXT", help="Source of the values of --set: a key of `sources`, or a citation."
        ),
    ] = None,
    from_type: Annotated[
        str | None,
        typer.Option("--from-type", metavar="TYPE", help="Typical train for all borrowed values of the train."),
    ] = None,
    supply: Annotated[
        str | None,
        typer.Option("--supply", metavar="TYPE", help="Typical supply for all borrowed values of the supply."),
    ] = None,
    replace_all: Annotated[
        bool, typer.Option("--all", help="Typical values also replace values that have a source or an own assumption.")
    ] = False,
    plan: Annotated[
        Path | None,
        typer.Option("--plan", metavar="DIR", help="Plan of the scenario, for the effects.", show_default="plans/NAME"),
    ] = None,
    only_list: Annotated[bool, typer.Option("--list", help="List the inputs and ask for nothing.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the change of the file and write nothing.")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Put the last earlier version of the file back.")] = False,
    json: JsonOutput = False,
) -> None:
    """Complete a scenario; see HELP."""
    from scenarios.completion import apply  # noqa: PLC0415
    from scenarios.completion.changes import Wish, parsed_values  # noqa: PLC0415

    place = apply.own_folder(folder)
    if undo:
        version = apply.undo(place)
        if json:
            print_json({"scenario": folder, "undone": str(version)})
        else:
            stdout_console().print(f"{place / 'scenario.yaml'} is the version {version.name} again.", markup=False)
        return
    wish = Wish(parsed_values(values or ()), from_type, supply, source, replace_all)
    found = apply.valid_scenario(place)
    states = _states(found, plan, quiet=json) if wish.is_empty else ()
    missing = [] if found is not None else _missing(place)
    if wish.is_empty and not json:
        _print_states(states, missing, found)
        if not only_list and is_terminal():
            wish = _asked(states, found)
    completion = None if wish.is_empty else apply.completion_of(place, wish)
    kept = apply.write(completion) if completion is not None and not dry_run else None
    if completion is not None and not wish.is_empty:
        found = apply.valid_scenario(place) if kept is not None else found
        states = _states(found, plan, quiet=True)
        missing = [] if found is not None else _missing(place)
    if json:
        print_json(_as_json(folder, completion, kept, states, missing))
    elif completion is not None:
        _print_completion(completion, kept)
        if kept is not None:
            _print_states(states, missing, found)


def is_terminal() -> bool:
    """Whether a user can answer."""
    return sys.stdin.isatty()


def _states(scenario: "Scenario | None", plan: Path | None, *, quiet: bool) -> tuple["InputState", ...]:
    from api.completion_effects import input_states  # noqa: PLC0415 - imports the physics

    if scenario is None:
        return ()
    folder = plan if plan is not None else Path("plans") / scenario.name
    if quiet:
        return input_states(scenario, folder)
    with stage_progress("headwatt scenario complete") as progress:
        return input_states(scenario, folder, progress)


def _missing(folder: Path) -> list[dict[str, str]]:
    """What the scenario lacks or has wrong, in the order of the main inputs: train, supply, service first."""
    from scenarios.files.load import faults_of  # noqa: PLC0415

    first = ("train_types", "fleet", "timetable", "supply", "stations", "track", "terminals", "signalling", "demand")

    def rank(field: str) -> int:
        head = field.split(".", maxsplit=1)[0].split("[", maxsplit=1)[0]
        return first.index(head) if head in first else len(first)

    faults = sorted(faults_of(folder), key=lambda fault: rank(fault.field))
    return [{"field": fault.field, "value": fault.value, "allowed": fault.allowed} for fault in faults]


def _print_states(states: tuple["InputState", ...], missing: list[dict[str, str]], scenario: "Scenario | None") -> None:
    console = stdout_console()
    if scenario is None:
        console.print("The scenario is not complete. These values are missing or wrong:")
        for one in missing:
            console.print(f"  {one['field']}: {one['value']} - {one['allowed']}", markup=False)
        return
    if not states:
        console.print("Every main input has a source.")
        return
    table = Table(title="Main inputs without a source, largest effect on the saving first", title_justify="left")
    table.add_column("input")
    table.add_column("origin", overflow="fold")
    table.add_column("effect, points", justify="right")
    table.add_column("effect from")
    for state in states:
        effect = "" if state.effect_points is None else f"{state.effect_points:.1f}"
        table.add_row(
            state.input.title,
            f"{state.input.kind}: {state.input.origin.removeprefix('assumed: ')}",
            effect,
            state.effect_from,
        )
    console.print(table)
    console.print(
        "Effect: change of the saving in per cent points if the input changes by 20 % (voltages by 5 %). Effects of "
        "the Yizhuang line are typical values, not values of this line."
    )
    for state in states:
        for field, kinds in state.typical.items():
            console.print(f"{state.input.title} ({field}), typical values with ranges:", markup=False)
            for name, text in kinds.items():
                console.print(f"  {name}: {text}", markup=False)


def _asked(states: tuple["InputState", ...], scenario: "Scenario | None") -> "Wish":
    """The wish of a user at a terminal; an empty answer keeps a value."""
    from scenarios.completion.changes import Wish, parsed_values  # noqa: PLC0415
    from scenarios.typical.library import supplies, trains  # noqa: PLC0415

    def ask(question: str, default: str = "") -> str:
        return str(typer.prompt(question, default=default, show_default=bool(default), err=True)).strip()

    for name, kind in trains().types.items():
        stderr_console().print(f"  {name}: {kind.title}", markup=False)
    from_type = ask("Typical train for borrowed values of the train (empty: keep)")
    for name, kind in supplies().types.items():
        stderr_console().print(f"  {name}: {kind.title}", markup=False)
    supply = ask("Typical supply for borrowed values of the supply (empty: keep)")
    texts = []
    if scenario is not None:
        train, network = scenario.train_types[scenario.main_train_type], scenario.supply
        simple = {
            "train_mass": ("train.tare_t", train.tare_t),
            "no_load_voltage": ("supply.no_load_v", network.no_load_v),
            "substation_resistance": ("supply.substation_resistance_ohm", network.substation_resistance_ohm),
            "contact_line": ("supply.contact_line_ohm_per_km", network.contact_line_ohm_per_km),
        }
        for state in states:
            if state.input.key in simple:
                path, value = simple[state.input.key]
                answer = ask(f"{state.input.title}, {path}, now {value:g} (empty: keep)")
                texts += [f"{path}={answer}"] if answer else []
    source = ask("Source of these values (empty: none)") if texts else ""
    return Wish(parsed_values(texts), from_type or None, supply or None, source or None)


def _print_completion(completion: "Completion", kept: Path | None) -> None:
    from scenarios.files.yaml_edit import flow  # noqa: PLC0415

    console = stdout_console()
    if kept is None:
        console.print(completion.difference, markup=False, end="")
        return
    for change in completion.changes:
        before = "missing" if change.before is None else flow(change.before)
        origin = f" ({change.origin})" if change.origin else ""
        console.print(f"{change.dotted}: {before} -> {flow(change.after)}{origin}", markup=False)
    console.print(f"wrote {completion.file}; the earlier version is {kept}, `--undo` puts it back", markup=False)


def _as_json(
    folder: str,
    completion: "Completion | None",
    kept: Path | None,
    states: tuple["InputState", ...],
    missing: list[dict[str, str]],
) -> dict[str, Any]:
    changes = () if completion is None else completion.changes
    return {
        "scenario": folder,
        "inputs": [state.to_json() for state in states],
        "missing": missing,
        "changes": [
            {"path": one.dotted, "before": one.before, "after": one.after, "origin": one.origin} for one in changes
        ],
        "difference": "" if completion is None else completion.difference,
        "written": None if completion is None or kept is None else str(completion.file),
        "earlier_version": None if kept is None else str(kept),
    }
