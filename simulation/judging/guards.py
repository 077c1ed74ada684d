"""Guards of a judged saving: the saving is quoted only if both days run as laid out and the figures agree.

A contradiction between figures is an error of Headwatt, and a timetable in force that cannot be run even without
disturbances is no baseline: in both cases no saving is quoted.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from dispatch.plans.potential import Potential
from scenarios.schema import Scenario, seconds_to_clock
from simulation.day.record import DayRecord
from simulation.judging.judge import Judgement
from simulation.railway.trip_record import TripRecord

ENERGY_SHARE = 0.01
"""Largest difference between the simulated day without disturbances and the day as laid out."""
ENERGY_SHARE_ON_TIME = 0.03
"""The same if no train loses time: on a short line, braking energy can depend on a few seconds between two trains."""
PUNCTUAL_SHARE = 0.99
"""Smallest share of punctual arrivals of a day without disturbances."""
BOUND_POINTS = 0.5
"""A judged saving may exceed the bound by this much: the bound is without disturbances, on one equivalent track."""
LEVERS_SHARE = 0.002
"""Largest difference between the sum of the levers and their total saving, as a share of the day's energy."""
MUCH_OF_THE_WORST = 0.2
"""A place with this share of the delay of the worst place may be the place where delays begin."""
DELAY_S = 10.0
"""Smaller losses of a trip at a place do not count as a cause."""
START, DWELL, AHEAD, SUPPLY = "start", "dwell", "ahead", "supply"
SENTENCES = {
    START: "Trains leave late at {at}; the likely cause: they arrive too late for their next trip, or "
    "the turnback is too short.",
    DWELL: "Trains stand too long at {at}; the likely cause: more passengers board and alight than the dwell allows. "
    "Longer dwells there, or headways that keep the load limit (`--mode demand-led`), let trains run on time.",
    AHEAD: "Trains lose time on the way to {at}; the likely cause: the train ahead, because the headway is too short "
    "for the signalling and the dwells.",
    SUPPLY: "Trains lose time on the way to {at}; the likely cause: the supply cannot serve their traction.",
}
REPORT = "This is an error of Headwatt; please report it with the scenario."


def day_does_not_run(
    what: str,
    undisturbed: DayRecord,
    laid_out_kwh: float | None,
    scenario: Scenario,
    energy_share: float = ENERGY_SHARE,
) -> str | None:
    """A sentence with cause and place if a day without disturbances does not run as its timetable.

    `laid_out_kwh` is the energy of the timetable with every train on time, on the two-track ladder; where trains lose
    time, the day may differ from it by `energy_share`.
    """
    punctual = undisturbed.service.punctual_share
    energy_kwh = undisturbed.account.energy_kwh
    beyond = abs(energy_kwh / laid_out_kwh - 1.0) if laid_out_kwh else 0.0
    cause = _cause(undisturbed, scenario)
    allowed = energy_share if cause else ENERGY_SHARE_ON_TIME
    if punctual >= PUNCTUAL_SHARE and beyond <= allowed:
        return None
    sentence = (
        f"{what} does not run as laid out, even on a simulated day without disturbances: {100.0 * punctual:.1f} % of "
        "arrivals are punctual"
    )
    if laid_out_kwh:
        sentence += f", and the day draws {energy_kwh:,.0f} kWh instead of {laid_out_kwh:,.0f} kWh"
    return f"{sentence}. {cause or f'No place where a train loses more than {DELAY_S:g} s was found.'}"


def _cause(day: DayRecord, scenario: Scenario) -> str:
    """The place where trains begin to lose time, the first time, and the likely cause; empty if no train loses time."""
    lost_s: dict[tuple[str, str], float] = defaultdict(float)
    since_s: dict[tuple[str, str], float] = {}
    for record in day.trips:
        for kind, station, seconds, time_s in _losses(record):
            if seconds > DELAY_S:
                lost_s[kind, station] += seconds
                since_s[kind, station] = min(since_s.get((kind, station), time_s), time_s)
    if not lost_s:
        return ""
    # Delays continue to later places: the cause is the first of the places with a large delay.
    much_s = MUCH_OF_THE_WORST * max(lost_s.values())
    kind, station = min((place for place, lost in lost_s.items() if lost >= much_s), key=lambda place: since_s[place])
    at = (
        f"{station} from {seconds_to_clock(since_s[kind, station])} on, "
        f"{lost_s[kind, station] / 60.0:,.0f} train-minutes in total"
    )
    terminal = scenario.terminals.get(station)
    if kind == AHEAD and terminal is not None:
        return (
            f"Trains lose time on the way to {at}; the likely cause: its {terminal.tracks} tracks are occupied "
            f"(turnback {terminal.turnback_s:g} s)."
        )
    return SENTENCES[kind].format(at=at)


def _losses(record: TripRecord) -> Iterator[tuple[str, str, float, float]]:
    """Type, station, seconds and planned time of each loss of a trip."""
    trip = record.trip
    yield START, trip.stations[0], record.departure_s[0] - trip.departure_s[0], trip.departure_s[0]
    for k in range(len(trip.driving)):
        there, arrives_s = trip.stations[k + 1], trip.arrival_s[k + 1]
        yield AHEAD, there, record.hindered_s[k], arrives_s
        yield SUPPLY, there, record.slowed_s[k] if record.slowed_s else 0.0, arrives_s
        if k + 1 < len(trip.driving):
            stood_s = record.departure_s[k + 1] - record.arrival_s[k + 1]
            # A train that arrives early stands until its departure.
            late_s = record.departure_s[k + 1] - trip.departure_s[k + 1]
            yield DWELL, there, min(stood_s - trip.dwell_s(k + 1), late_s), arrives_s


def contradictions(judgement: Judgement, potential: Potential, levers_kwh: Sequence[float]) -> tuple[str, ...]:
    """A sentence for each figure that contradicts another figure; empty if all agree."""
    found: list[str] = []
    saving, most = judgement.saving_percent.mean, potential.bound_percent
    if saving > most + BOUND_POINTS:
        found.append(
            f"The judged saving of {saving:.1f} % is above {most:.1f} %, the limit that no timing of these trips "
            f"exceeds. {REPORT}"
        )
    if potential.after_kwh < potential.bound_kwh - 0.001 * potential.today_kwh:
        found.append(
            f"The plan as laid out draws {potential.after_kwh:,.0f} kWh, less than the limit of "
            f"{potential.bound_kwh:,.0f} kWh. {REPORT}"
        )
    split = sum(levers_kwh)
    whole = potential.today_kwh - potential.after_kwh
    if levers_kwh and abs(split - whole) > LEVERS_SHARE * potential.today_kwh:
        found.append(
            f"The levers add up to {split:,.0f} kWh, but the saving that they split is {whole:,.0f} kWh. {REPORT}"
        )
    return tuple(found)
