"""What the planner refuses before any search: terminals, depots or a fleet without room for today's timetable."""

from dataclasses import dataclass, replace

from dispatch.planner.fleet_feasibility import refuse_hopeless, refused_today
from dispatch.plans.in_force import timetable_in_force
from dispatch.plans.terminal_occupancy import busiest_moment, on_tracks, turns_of
from dispatch.plans.timetable import Timetable
from dispatch.timing.limits import equal_service_limits
from energy_models.faults import Infeasible
from scenarios.rules.plausible import SenseWarning
from scenarios.rules.plausible_ranges import TERMINAL_TRACKS
from scenarios.schema import Scenario, seconds_to_clock
from scenarios.values.build import train_of
from scenarios.values.shortest_running_times import ShortestTimes


@dataclass(frozen=True)
class Refusals:
    """Reasons against a plan at equal service.

    `certain`: `headwatt plan` refuses the scenario for these reasons. `unless_moved`: the fleet is too small for
    today's departures; a plan exists only if the search finds departures within their windows that need fewer trains.
    `over_tracks` are warnings: at these terminals today's timetable has more trains on turnback tracks than there are
    tracks; a plan is allowed as many.
    """

    certain: tuple[str, ...] = ()
    unless_moved: tuple[str, ...] = ()
    over_tracks: tuple[SenseWarning, ...] = ()


def refusals_of(scenario: Scenario) -> Refusals:
    """The reasons for which the planner refuses today's timetable at equal service, without fixes and without search.

    The scenario has no faults.
    """
    in_force = timetable_in_force(scenario)
    over_tracks = over_tracks_of(in_force, scenario)
    try:
        lacking = refused_today(scenario, in_force)
        if lacking:
            limits = equal_service_limits(scenario, in_force, train_of(scenario).auxiliary_w)
            limits = replace(limits, vehicles_most=min(limits.vehicles_most, scenario.trainsets))
            refuse_hopeless(in_force, scenario, limits, ShortestTimes(scenario), lacking)
    except Infeasible as refused:
        return Refusals(certain=refused.reasons, over_tracks=over_tracks)
    return Refusals(unless_moved=lacking, over_tracks=over_tracks)


def over_tracks_of(in_force: Timetable, scenario: Scenario) -> tuple[SenseWarning, ...]:
    """A warning for each terminal with too few turnback tracks for today's timetable."""
    turns = turns_of(in_force.duties())
    found = []
    for station, terminal in scenario.terminals.items():
        moment = busiest_moment(on_tracks(turns, scenario, station))
        if moment.trains > terminal.tracks:
            tracks = "1 track" if terminal.tracks == 1 else f"{terminal.tracks} tracks"
            sentence = (
                f"With today's timetable {moment.trains} trains are on the turnback tracks of {station} at "
                f"{seconds_to_clock(moment.time_s)}, but it has {tracks}: on simulated days trains wait there. "
                f"Key: {TERMINAL_TRACKS}."
            )
            found.append(SenseWarning(TERMINAL_TRACKS, sentence, scenario.acknowledged.get(TERMINAL_TRACKS, "")))
    return tuple(found)
