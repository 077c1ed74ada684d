"""The list of planning options: command line, HTTP, jobs, experiments and the record of a plan are views of this list.

Types and defaults stand with the values (`ServiceOptions` here, `PlanningOptions` in `dispatch.plans`). The list adds
to each option what a user sees: names, unit, limits, the mode that the option belongs to, and the help text.
"""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from functools import cache
from typing import Any, Literal, get_args, get_type_hints

from dispatch.plans.plan_options import LONGER_TRIPS_MOST_S, STANDARD_EFFORT, STANDARD_PATTERNS, Mode, PlanningOptions
from energy_models.faults import Fault, InputFaults

EFFORTS: Mapping[str, float] = {"quick": 0.2, "standard": STANDARD_EFFORT, "thorough": 4.0, "exhaustive": 16.0}
"""The named steps of `effort`, as multiples of the standard search."""


@dataclass(frozen=True, kw_only=True)
class ServiceOptions(PlanningOptions):
    """The options that are plain values: those that a plan records, the mode, and the seed of the search."""

    mode: Mode = "equal-service"
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class Option:
    """One planning option.

    `name` is the option's field in `ServiceOptions` and its key in HTTP requests, jobs, and the options of a plan;
    `flag` its name on the command line. `least` and `most` include their ends, `words` are names of numbers. An option
    with an `only_mode` has no effect in the other mode, for the reason `only_because`. The value of a `document` is a
    file, another plan, or a name that belongs to a file (`is_name`); each view reads it in its own way. `default_text`
    replaces an empty default in help texts.
    """

    name: str
    flag: str
    help: str
    unit: str = ""
    least: float | None = None
    most: float | None = None
    words: Mapping[str, float] = field(default_factory=dict)
    only_mode: Mode | None = None
    only_because: str = ""
    is_document: bool = False
    is_name: bool = False
    default_text: str = ""

    @property
    def kind(self) -> Any:
        """The type of the value."""
        return _kinds()[self.name]

    @property
    def default(self) -> Any:
        """The value of an option that is not given."""
        return _defaults()[self.name]

    @property
    def choices(self) -> tuple[str, ...]:
        """The values that are allowed, where they can be listed."""
        return get_args(self.kind) if getattr(self.kind, "__origin__", None) is Literal else ()


OPTIONS: tuple[Option, ...] = (
    Option(
        name="mode",
        flag="--mode",
        help="equal-service keeps trips and headways; demand-led lets headways follow the demand within the policy.",
    ),
    Option(
        name="objective",
        flag="--objective",
        help="What the plan saves: energy, its cost by time of use with the demand charge, or CO2.",
    ),
    Option(
        name="pick",
        flag="--pick",
        unit="N",
        least=1,
        most=1000,
        only_mode="demand-led",
        only_because="equal service keeps today's headways",
        help="demand-led: number of the choice in the set of the summary and of `pareto` in the result.",
    ),
    Option(
        name="mean_waiting_s",
        flag="--mean-waiting",
        unit="S",
        least=1.0,
        most=3600.0,
        only_mode="demand-led",
        only_because="equal service keeps today's headways",
        default_text="that of the policy, or today's waiting",
        help="demand-led: the choice with the least objective and at most this mean waiting.",
    ),
    Option(
        name="headways",
        flag="--headways",
        unit="FILE",
        is_document=True,
        only_mode="demand-led",
        only_because="equal service keeps today's headways",
        help="demand-led: wished headways by period (CSV: from, to, headway_s, direction), such as an edited "
        "headways.csv of a plan; trips are laid anew in these periods, and today's trips stay in all others.",
    ),
    Option(
        name="fixes",
        flag="--fix",
        unit="FILE",
        is_document=True,
        help="Fixes: trips, windows, dwells, headways, vehicles, withdrawals, spare trains (YAML).",
    ),
    Option(
        name="from_plan",
        flag="--from",
        unit="DIR",
        is_document=True,
        help="Plan to start from instead of today's timetable; the fixes of that plan do not apply.",
    ),
    Option(
        name="keep_close_s",
        flag="--keep-close",
        unit="S",
        least=0,
        most=3600,
        help="Largest change of a departure against the plan to start from, or against today's timetable.",
    ),
    Option(
        name="peak_limit_kw",
        flag="--peak-limit-kw",
        unit="KW",
        least=1.0,
        most=1e6,
        help="Limit of the mean power over 15 minutes, at the substation DC terminals.",
    ),
    Option(
        name="longer_trips_s",
        flag="--longer-trips",
        unit="S",
        least=0,
        most=LONGER_TRIPS_MOST_S,
        only_mode="equal-service",
        only_because="demand-led headways count vehicles with today's one-way times",
        help="equal-service: trips may take up to this much longer from end to end than today; the stand at the "
        "terminal is shorter by the same time. This saves electricity at the cost of travel time. The number of "
        "vehicles, the waiting and the minimum turnbacks do not change.",
    ),
    Option(
        name="patterns",
        flag="--patterns",
        unit="N|trip",
        least=0,
        most=1000,
        words={"trip": 0, "standard": STANDARD_PATTERNS},
        help="Most running-time and dwell patterns for each direction and headway period; trip (or 0) gives each trip "
        "its own running times and dwells, which saves more and needs a system that can hold them.",
    ),
    Option(
        name="departure_grid_s",
        flag="--departure-grid",
        unit="S",
        least=1,
        most=60,
        help="Departures from terminals are multiples of this time, for example 5, 10, 15 or 30 s. Trips whose "
        "departure must not change, such as first and last trains, keep their times.",
    ),
    Option(
        name="dwell_grid_s",
        flag="--dwell-grid",
        unit="S",
        least=1,
        most=30,
        help="Dwells are multiples of this time. If today's total dwell of a trip is no multiple, one dwell of the "
        "trip keeps the rest.",
    ),
    Option(name="seed", flag="--seed", unit="N", least=0, most=2**31 - 1, help="The same seed gives the same plan."),
    Option(
        name="effort",
        flag="--effort",
        unit="STEP|NUMBER",
        least=0.001,
        most=1000.0,
        words=EFFORTS,
        help="Amount of search, counted in work: quick, standard, thorough or exhaustive, or a multiple of the "
        "standard search. The same effort gives the same plan on every machine.",
    ),
    Option(
        name="time_limit_s",
        flag="--time-limit",
        unit="S",
        least=0.1,
        most=86400.0,
        default_text="no limit",
        help="End the search after this time, even if it is not complete; then the plan depends on the machine.",
    ),
    Option(
        name="vehicle",
        flag="--vehicle",
        unit="FILE",
        is_document=True,
        default_text="the vehicle of the plan to start from, otherwise of the scenario",
        help="Vehicle file of `headwatt calibrate`; the plan contains the vehicle.",
    ),
    Option(
        name="fleet",
        flag="--fleet",
        unit="DIR",
        is_document=True,
        default_text="the models of the plan to start from, otherwise none",
        help="Folder with a vehicle file for each vehicle: each vehicle has its own model, and thrifty vehicles get "
        "the duties where they save most; the plan contains the models.",
    ),
    Option(
        name="as_type",
        flag="--as",
        unit="TYPE",
        is_document=True,
        is_name=True,
        default_text="the type of the calibration",
        help="Train type for which the models of --vehicle or --fleet count, also if they come from another scenario "
        "or train type.",
    ),
)
"""Every planning option, in the order of help texts."""

NAMED: Mapping[str, Option] = {option.name: option for option in OPTIONS}


def number_of(option: Option, value: str | float) -> float:
    """The number of an option that is given as a number or as one of the option's words.

    Raises `InputFaults` for a text that is neither, and for a fraction where whole numbers are allowed.
    """
    if isinstance(value, str) and value in option.words:
        return option.words[value]
    try:
        return int(value) if option.kind is int else float(value)
    except ValueError:
        allowed = f"{', '.join(option.words)}, or {_span(option)}"
        raise InputFaults([Fault("", "", option.name, str(value), allowed)]) from None


def require_sensible(options: ServiceOptions, had_longer_trips_s: int = 0, *, by_flag: bool = False) -> None:
    """Raise `InputFaults` with every option that is out of range, of the other mode, or excludes another option.

    `had_longer_trips_s` is the option of the plan to start from. With `by_flag` the faults name options as the command
    line does, else by their names.
    """
    faults: list[Fault] = []

    def fault(option: Option, allowed: str) -> None:
        value = getattr(options, option.name)
        faults.append(Fault("", "", option.flag if by_flag else option.name, str(value), allowed))

    for option in OPTIONS:
        if option.is_document:
            if option.only_mode not in (None, options.mode) and getattr(options, option.name, None):
                allowed = f"only with the mode {option.only_mode}: {option.only_because}"
                faults.append(Fault("", "", option.flag if by_flag else option.name, "given", allowed))
            continue
        value = getattr(options, option.name)
        if value is None:
            continue
        if option.choices and value not in option.choices:
            fault(option, " or ".join(option.choices))
        elif _is_out_of_range(option, value):
            fault(option, _span(option))
        elif option.only_mode not in (None, options.mode) and value != option.default:
            fault(option, f"only with the mode {option.only_mode}: {option.only_because}")
    if options.mode == "demand-led" and options.pick is not None and options.mean_waiting_s is not None:
        pick, waiting = (NAMED[name].flag if by_flag else name for name in ("pick", "mean_waiting_s"))
        fault(NAMED["pick"], f"{pick} or {waiting}, not both")
    if getattr(options, "headways", None) and (options.pick is not None or options.mean_waiting_s is not None):
        fault(NAMED["pick" if options.pick is not None else "mean_waiting_s"], "not with wished headways")
    if options.mode == "equal-service" and had_longer_trips_s > max(options.longer_trips_s, 0):
        words = "the value of the plan to start from"
        fault(NAMED["longer_trips_s"], f"{had_longer_trips_s} or more, {words}")
    if faults:
        raise InputFaults(faults)


def service_values(options: ServiceOptions) -> dict[str, Any]:
    """The plain options by name, from a value that may hold more than these."""
    return {one.name: getattr(options, one.name) for one in fields(ServiceOptions)}


def _is_out_of_range(option: Option, value: Any) -> bool:
    # A number that is not a number lies in no range.
    if isinstance(value, (int, float)):
        below = option.least is not None and not value >= option.least
        return below or (option.most is not None and not value <= option.most)
    return False


def _span(option: Option) -> str:
    """The range of an option with its unit: `0 to 120 s`."""
    unit = {"S": " s", "KW": " kW"}.get(option.unit, "")
    return f"{option.least:g} to {option.most:g}{unit}"


@cache
def _kinds() -> Mapping[str, Any]:
    return get_type_hints(ServiceOptions)


@cache
def _defaults() -> Mapping[str, Any]:
    return {one.name: one.default for one in fields(ServiceOptions) if one.default is not MISSING}
