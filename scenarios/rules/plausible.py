"""Rules of the sense check (R): values that no real line has are faults; unlikely values are warnings.

The ranges stand in `plausible_ranges`. A warning stays beside every saving until the scenario file acknowledges it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from scenarios.files.names import did_you_mean
from scenarios.rules import plausible_values as values
from scenarios.rules.plausible_ranges import KEYS, PlausibleRange
from scenarios.rules.plausible_values import Measured, Quantity
from scenarios.rules.rule import Finding, Rule
from scenarios.schema.scenario import Scenario

LISTED = 3
"""More values of one quantity with the same likely cause are one fault."""


@dataclass(frozen=True)
class SenseWarning:
    """A quantity outside the usual range, but possible. `reason` is that of the acknowledgement, empty without one.

    `key` is what `acknowledged` names; `sentence` has the values, the usual range and its source.
    """

    key: str
    sentence: str
    reason: str = ""

    @property
    def is_acknowledged(self) -> bool:
        """Whether the scenario file acknowledges the warning."""
        return bool(self.reason)


_GEOMETRY: tuple[Quantity, ...] = (
    values.section_lengths, values.line_length, values.gradients, values.curves, values.highest_speed_limit,
)  # fmt: skip
_SPEEDS: tuple[Quantity, ...] = (values.section_speeds, values.commercial_speed)
_RESISTANCES: tuple[Quantity, ...] = (values.resistance, *values.train_efficiencies, values.auxiliaries)
_SUPPLY: tuple[Quantity, ...] = (values.resistances, values.substation_spacing)
_SERVICE: tuple[Quantity, ...] = (values.headways, values.stops)
_VOLTAGES: tuple[Quantity, ...] = (values.nominal_voltage, values.voltages)
_PRICES: tuple[Quantity, ...] = (values.prices, values.carbon)
_ALL: tuple[Quantity, ...] = (
    *_GEOMETRY, *_SPEEDS, *values.train_masses, *values.train_efforts, *_RESISTANCES, *_VOLTAGES, *_SUPPLY,
    values.loads, *_SERVICE, values.fleet, values.weather, *_PRICES,
)  # fmt: skip


def warnings_of(scenario: Scenario) -> tuple[SenseWarning, ...]:
    """Unlikely values of a scenario, one warning for each quantity (and train type), acknowledged or not.

    A quantity that the scenario lacks has no warning.
    """
    found: dict[tuple[str, str], list[Measured]] = {}
    for one in _measured(scenario, _ALL):
        if one.is_possible and not one.is_usual:
            found.setdefault((one.range.key, one.group), []).append(one)
    return tuple(_warning(scenario, key, group, those) for (key, group), those in found.items())


def unacknowledged(scenario: Scenario) -> tuple[str, ...]:
    """Sentences of the warnings that the scenario file does not acknowledge."""
    return tuple(warning.sentence for warning in warnings_of(scenario) if not warning.is_acknowledged)


def without_warning(scenario: Scenario, warnings: Iterable[SenseWarning]) -> tuple[str, ...]:
    """Keys of `acknowledged` without one of these warnings: the value was corrected, or has become usual."""
    present = {warning.key for warning in warnings}
    general = {key.split(".")[0] for key in present}
    return tuple(key for key in scenario.acknowledged if key not in present | general)


def _warning(scenario: Scenario, key: str, group: str, those: list[Measured]) -> SenseWarning:
    limits = those[0].range
    whole = f"{key}.{group}" if group else key
    numbers = sorted(one.value for one in those)
    spread = _number(numbers[0]) if numbers[0] == numbers[-1] else f"{_number(numbers[0])} to {_number(numbers[-1])}"
    subjects = [one.subject for one in those if one.subject]
    more = f" and {len(subjects) - LISTED} more" if len(subjects) > LISTED else ""
    where = f" ({', '.join(subjects[:LISTED])}{more})" if subjects else ""
    likely = next((f"; {one.likely_error}" for one in those if one.likely_error), "")
    sentence = (
        f"{limits.title[0].upper()}{limits.title[1:]}: {_with_unit(spread, limits)}{where}; usually {_usual(limits)}"
        f"{likely} ({limits.source}). Key: {whole}."
    )
    reason = scenario.acknowledged.get(whole, scenario.acknowledged.get(key, ""))
    return SenseWarning(whole, sentence, reason)


def _measured(scenario: Scenario, quantities: tuple[Quantity, ...]) -> Iterator[Measured]:
    """The quantities that can be measured; in a faulty scenario some inputs are missing."""
    for quantity in quantities:
        try:
            yield from quantity(scenario)
        except (AttributeError, LookupError, TypeError, ValueError, ArithmeticError):
            continue


def _faults(quantities: tuple[Quantity, ...]) -> Callable[[Scenario], Iterator[Finding]]:
    """A rule function: the quantities outside the possible range."""

    def find(scenario: Scenario) -> Iterator[Finding]:
        groups: dict[tuple[str, str, str], list[Measured]] = {}
        for one in _measured(scenario, quantities):
            if not one.is_possible:
                groups.setdefault((one.range.key, one.group, one.likely_error), []).append(one)
        if any(key == "section_length" for key, _, _ in groups):
            # Every other length of the line follows from these.
            groups.pop(("line_length", "", "the chainage looks like kilometres"), None)
        for those in groups.values():
            yield from _findings(those)

    return find


def _findings(those: list[Measured]) -> Iterator[Finding]:
    if len(those) <= LISTED:
        for one in those:
            yield Finding(one.path, _with_unit(_number(one.value), one.range), _allowed(one, one.subject))
        return
    first = those[0]
    low, high = min(one.value for one in those), max(one.value for one in those)
    value = f"{_with_unit(f'{_number(low)} to {_number(high)}', first.range)}, {len(those)} values"
    yield Finding(first.path, value, _allowed(first, ""))


def _allowed(one: Measured, subject: str) -> str:
    """The possible range in words: "the chainage looks like kilometres; length of a section 150 to 30,000 m"."""
    low, high = one.range.possible
    bounds = f"at most {_number(high)}" if low == 0.0 else f"{_number(low)} to {_number(high)}"
    likely = f"{one.likely_error}; " if one.likely_error else ""
    of_what = f"{one.range.title} ({subject})" if subject else one.range.title
    return f"{likely}{of_what} {_with_unit(bounds, one.range)}"


def _usual(limits: PlausibleRange) -> str:
    low, high = limits.usual
    text = f"at most {_number(high)}" if low == 0.0 else f"{_number(low)} to {_number(high)}"
    return _with_unit(text, limits)


def _with_unit(text: str, limits: PlausibleRange) -> str:
    return f"{text} {limits.unit}" if limits.unit else text


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"


def _known_keys(scenario: Scenario) -> Iterator[Finding]:
    for name in scenario.acknowledged:
        key, _, group = name.partition(".")
        if key not in KEYS:
            yield Finding(("acknowledged", name), name, did_you_mean(key, KEYS))
        elif group and group not in scenario.train_types:
            known = did_you_mean(group, scenario.train_types, if_none="the line has no train types")
            yield Finding(("acknowledged", name), name, f"{key}.TYPE with a train type: {known}")


RULES = (
    Rule("R1", "Lengths, gradients, radii and limits are those of a metro line.", _faults(_GEOMETRY)),
    Rule("R2", "Mean speeds are those of a metro line.", _faults(_SPEEDS), after_sense=("R1",)),
    Rule("R3", "Masses, lengths and places of trains are those of metro trains.", _faults(values.train_masses)),
    Rule("R4", "Forces, powers and speeds of trains are those of metro trains.", _faults(values.train_efforts)),
    Rule("R5", "Resistances, efficiencies and auxiliaries are those of metro trains.", _faults(_RESISTANCES)),
    Rule("R6", "Voltages are those of a DC railway.", _faults(_VOLTAGES)),
    Rule("R7", "Resistances and distances of the supply are those of a DC railway.", _faults(_SUPPLY),
         after_sense=("R1",)),
    Rule("R8", "No train of the timetable in force carries more than crush load.", _faults((values.loads,)),
         needs_whole=True),
    Rule("R9", "Headways, dwells and turnback times are those of a metro line.", _faults(_SERVICE)),
    Rule("R10", "Prices and CO2 are possible for electricity.", _faults(_PRICES)),
    Rule("R11", "Each key of `acknowledged` is the key of a warning.", _known_keys),
)  # fmt: skip
