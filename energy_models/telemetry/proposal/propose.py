"""Proposes the mapping of a sample: each signal with its column, unit, sign and words, and how sure it is."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from energy_models.arrays import FloatArray
from energy_models.telemetry.columns import COLUMN_NAMES
from energy_models.telemetry.mapping.units import conversion
from energy_models.telemetry.proposal.clock_form import FoundClock, clock_of
from energy_models.telemetry.proposal.names import (
    DATE,
    TIME,
    VEHICLE,
    NamedColumn,
    named_column,
    signals_of,
)
from energy_models.telemetry.proposal.physics import (
    Motion,
    Verdict,
    direction_words,
    doors_words,
    motion_of,
    power_sign,
    scale_by_product,
    share_that_falls,
    speed_unit,
    state_words,
)
from energy_models.telemetry.proposal.sample import Sample
from energy_models.telemetry.signals import SIGNALS

_MOST_FALLING = 0.1
"""Largest share of changes in which a counted distance falls, because it is reset."""
_USUAL_UNITS: Mapping[str, tuple[tuple[str, float], ...]] = {
    # Units with the highest usual number of the signal in this unit, smallest unit last.
    "voltage_v": (("kV", 4.0), ("V", 5_000.0)),
    "current_a": (("kA", 12.0), ("A", 20_000.0)),
    "power_w": (("MW", 12.0), ("kW", 12_000.0), ("W", 2e7)),
    "auxiliary_power_w": (("kW", 900.0), ("W", 1e6)),
    "force_n": (("kN", 900.0), ("N", 9e5)),
    "load_kg": (("t", 250.0), ("kg", 500_000.0)),
    "chainage_m": (("km", 99.0), ("m", 1e6)),
    "odometer_m": (("m", 1e10),),
    "acceleration_m_s2": (("m/s**2", 6.0),),
    "outside_temperature_c": (("degC", 60.0), ("degF", 140.0)),
    "inside_temperature_c": (("degC", 60.0), ("degF", 140.0)),
    "energy_drawn_j": (("kWh", 1e9),),
    "energy_returned_j": (("kWh", 1e9),),
    "latitude_deg": (("deg", 90.0),),
    "longitude_deg": (("deg", 180.0),),
}


@dataclass
class ProposedSignal:
    """One signal of a proposal; `doubts` are sentences, empty where the proposal is sure."""

    signal: str
    column: str
    unit: str = ""
    sign: int = 1
    words: dict[str, str] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)

    def take(self, verdict: Verdict, what: str) -> None:
        """Keep a finding as a reason, or as a doubt if it is not sure."""
        (self.reasons if verdict.is_sure else self.doubts).append(f"{what}: {verdict.because}")


@dataclass(frozen=True, eq=False)
class Proposal:
    """A proposed mapping.

    Attributes:
        sample: The sample.
        clock: Its clock; None if there is no column with times.
        vehicle: Column of the vehicle; None if there is none.
        vehicle_doubts: What is not sure about the vehicle.
        signals: The proposed signals, in the order of the project's columns.
        unused: Columns that mean no known signal.
        missing: Columns of the project's telemetry that the file does not have.
    """

    sample: Sample
    clock: FoundClock | None
    vehicle: str | None
    vehicle_doubts: tuple[str, ...]
    signals: tuple[ProposedSignal, ...]
    unused: tuple[str, ...]
    missing: tuple[str, ...]


def propose(sample: Sample) -> Proposal:
    """The proposed mapping of a sample."""
    clock = clock_of(sample)
    used = set(clock.columns) if clock is not None else set()
    vehicle, vehicle_doubts = _vehicle(sample, used)
    if vehicle is not None:
        used.add(vehicle)
    chosen = _columns(sample, used)
    finder = _Finder(sample, clock, vehicle, chosen)
    signals = tuple(finder.signal(name) for name in SIGNALS if name in chosen)
    taken = used | {column.name for column in chosen.values()}
    unused = tuple(name for name in sample.columns if name not in taken)
    missing = tuple(name for name in COLUMN_NAMES if name not in ("time_s", "vehicle") and name not in chosen)
    return Proposal(sample, clock, vehicle, vehicle_doubts, signals, unused, missing)


def _vehicle(sample: Sample, used: set[str]) -> tuple[str | None, tuple[str, ...]]:
    named = [
        name
        for name in sample.columns
        if name not in used and re.search(VEHICLE, named_column(name).words, re.IGNORECASE)
    ]
    exact = [name for name in named if name == "vehicle"]
    for name in exact or named:
        values = sample.columns[name].astype(str)
        if 0 < values.nunique() <= max(50, len(values) // 50):
            doubts = () if len(named) == 1 or exact else ("other columns could name the vehicle: " + ", ".join(named),)
            return name, doubts
    return None, ("no column names the vehicle: state it, or take it from the file's name",)


def _columns(sample: Sample, used: set[str]) -> dict[str, NamedColumn]:
    """For each signal the column whose name fits best; each column once."""
    chosen: dict[str, NamedColumn] = {}
    offers: list[tuple[int, int, str, NamedColumn]] = []
    for place, name in enumerate(sample.columns):
        if name in used or re.fullmatch(f"(?:{DATE})|(?:{TIME})", name, re.IGNORECASE):
            continue
        column = named_column(name)
        for rank, signal in enumerate(signals_of(column)):
            if _fits(sample, column, signal):
                offers.append((rank, place, signal, column))
    taken: set[str] = set()
    for _, _, signal, column in sorted(offers, key=lambda one: one[:2]):
        if signal not in chosen and column.name not in taken:
            chosen[signal] = column
            taken.add(column.name)
    return chosen


def _fits(sample: Sample, column: NamedColumn, signal: str) -> bool:
    """Whether unit and contents of a column allow a signal."""
    known = SIGNALS[signal]
    if column.unit and known.column.numeric and conversion(column.unit, known.unit) is None:
        return False
    if not known.column.numeric or signal in ("doors_open", "friction_brake"):
        return True
    numbers = sample.numbers(column.name)
    return float(np.isfinite(numbers).mean()) > 0.5 if len(numbers) else False


class _Finder:
    """Finds unit, sign and words of each signal, with the motion of the vehicle that has most rows."""

    def __init__(
        self, sample: Sample, clock: FoundClock | None, vehicle: str | None, chosen: Mapping[str, NamedColumn]
    ) -> None:
        self.sample = sample
        self.chosen = chosen
        rows = len(next(iter(sample.columns.values())))
        mine = np.ones(rows, dtype=np.bool_)
        if vehicle is not None:
            names = sample.columns[vehicle].astype(str)
            mine = (names == names.value_counts().index[0]).to_numpy()
        seconds = clock.seconds if clock is not None else np.arange(rows, dtype=np.float64)
        at = np.flatnonzero(mine & np.isfinite(seconds))
        self.rows = at[np.argsort(seconds[at], kind="stable")]
        self.seconds = seconds[self.rows]
        self.speed: Verdict | None = None
        self.motion: Motion | None = None
        if "speed_m_s" in chosen:
            self._find_motion(chosen["speed_m_s"])

    def numbers(self, signal: str) -> FloatArray | None:
        """The numbers of a signal as they stand, in order of time."""
        if signal not in self.chosen:
            return None
        return np.asarray(self.sample.numbers(self.chosen[signal].name)[self.rows])

    def in_si(self, signal: str) -> FloatArray | None:
        """The numbers of a signal in its stored unit, by the unit in the name or the usual unit."""
        numbers = self.numbers(signal)
        if numbers is None:
            return None
        unit = self.chosen[signal].unit or self._usual(signal, numbers)
        found = conversion(unit, SIGNALS[signal].unit) if unit else None
        return numbers if found is None else numbers * found.factor + found.offset

    def signal(self, name: str) -> ProposedSignal:
        """The proposal for one signal."""
        column = self.chosen[name]
        found = ProposedSignal(name, column.name, column.unit)
        known = SIGNALS[name]
        if not known.column.numeric:
            self._words(found)
        elif name == "speed_m_s":
            assert self.speed is not None
            if column.unit:
                found.reasons.append(f"unit: {column.unit} in the name")
                if self.speed.is_sure and self.speed.value != column.unit:
                    found.doubts.append(f"unit: the name has {column.unit}, but {self.speed.because}")
            else:
                found.unit = self.speed.value
                found.take(self.speed, "unit")
        elif name in ("doors_open", "friction_brake"):
            self._binary(found)
        elif known.unit:
            self._quantity(found)
        if not _same_name(column, name) and len(signals_of(column)) > 1:
            others = ", ".join(signals_of(column)[1:])
            found.doubts.append(f"name: it can also mean {others}")
        return found

    def _find_motion(self, column: NamedColumn) -> None:
        speed = np.asarray(self.sample.numbers(column.name)[self.rows])
        places = [name for name in ("odometer_m", "chainage_m") if name in self.chosen]
        distance = self.numbers(places[0]) if places else None
        unit = "m"
        if places and distance is not None:
            unit = self.chosen[places[0]].unit or self._usual(places[0], distance)
        self.speed = speed_unit(self.seconds, speed, distance, unit)
        factor = conversion(column.unit or self.speed.value, "m/s")
        self.motion = motion_of(self.seconds, speed * (factor.factor if factor is not None else 1.0))

    def _usual(self, signal: str, numbers: FloatArray) -> str:
        finite = np.abs(numbers[np.isfinite(numbers)])
        highest = float(np.percentile(finite, 99.5)) if len(finite) else 0.0
        units = _USUAL_UNITS.get(signal, ())
        return next((unit for unit, limit in units if highest <= limit), units[-1][0] if units else "")

    def _quantity(self, found: ProposedSignal) -> None:
        numbers = self.numbers(found.signal)
        assert numbers is not None
        if found.signal == "odometer_m":
            falls = share_that_falls(numbers)
            if falls > _MOST_FALLING:
                found.doubts.append(
                    f"name: the value falls in {falls:.0%} of its changes, and a counted distance does not; "
                    "a place on the line is chainage_m"
                )
        if found.unit:
            found.reasons.append(f"unit: {found.unit} in the name")
        else:
            found.unit = self._usual(found.signal, numbers)
            verdict = self._by_product(found.signal, numbers)
            if verdict is not None:
                found.unit = verdict.value
                found.take(verdict, "unit")
            elif len(_USUAL_UNITS.get(found.signal, ())) > 1 or not found.unit:
                highest = float(np.nanmax(np.abs(numbers))) if np.isfinite(numbers).any() else 0.0
                found.doubts.append(f"unit: only the size of the numbers, up to {highest:,.6g}, suggests it")
        if found.signal in ("current_a", "power_w", "force_n") and self.motion is not None:
            verdict = power_sign(self.motion, numbers)
            found.sign = int(verdict.value)
            found.take(verdict, "sign")
        elif found.signal in ("current_a", "power_w", "force_n"):
            found.doubts.append("sign: without speed, braking is not visible")

    def _by_product(self, signal: str, numbers: FloatArray) -> Verdict | None:
        if signal != "power_w":
            return None
        voltage, current, force = self.in_si("voltage_v"), self.in_si("current_a"), self.in_si("force_n")
        if voltage is not None and current is not None:
            return scale_by_product(voltage * current, numbers, "voltage times current")
        if force is not None and self.motion is not None:
            return scale_by_product(force * self.motion.speed_m_s, numbers, "force times speed")
        return None

    def _binary(self, found: ProposedSignal) -> None:
        column = self.sample.columns[found.column]
        texts = column.astype(str).str.strip()
        words = sorted(set(texts) - {""})
        if all(re.fullmatch(r"[01](\.0*)?", word) for word in words):
            is_set = self.sample.numbers(found.column)[self.rows] > 0.5
            names = {"0": "0", "1": "1"}
        elif len(words) == 2:
            # The word for open comes first where it is known; otherwise physics decides.
            opens = [
                word for word in words if re.search(r"open|auf|offen|ouvert|true|on$|ja|yes|开|開", word, re.IGNORECASE)
            ]
            one = opens[0] if len(opens) == 1 else words[1]
            names = {word: "1" if word == one else "0" for word in words}
            is_set = (texts == one).to_numpy()[self.rows]
            found.words = names
        else:
            found.doubts.append(f"values: {len(words)} different texts, where two are expected")
            return
        if found.signal == "doors_open" and self.motion is not None:
            verdict = doors_words(self.motion, is_set)
            found.take(verdict, "values")
            if verdict.value == "0":
                found.words = {word: "0" if value == "1" else "1" for word, value in names.items()}

    def _words(self, found: ProposedSignal) -> None:
        texts = self.sample.columns[found.column].astype(str).str.strip().to_numpy(dtype=object)[self.rows]
        known = SIGNALS[found.signal].column.choices
        words = sorted(set(texts.tolist()) - {""})
        if not known or all(word in known for word in words):
            return
        verdicts: dict[str, Verdict] = {}
        if len(words) > 40:
            found.doubts.append(f"values: {len(words)} different texts, where {len(known)} are expected")
            return
        if found.signal == "state" and self.motion is not None:
            verdicts = state_words(self.motion, texts)
        chainage = self.in_si("chainage_m")
        if found.signal == "direction" and chainage is not None:
            verdicts = direction_words(chainage, texts)
        for place, word in enumerate(words):
            open_verdict = Verdict(known[place % len(known)], False, "nothing in the sample shows its meaning")
            verdict = verdicts.get(word, open_verdict)
            found.words[word] = verdict.value
            found.take(verdict, f"value {word}")


def _same_name(column: NamedColumn, signal: str) -> bool:
    return column.name == signal
