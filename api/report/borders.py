"""Departures at the borders of headway periods, and next to the first and the last train."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any

from api.clock import clock_text
from api.report.chart import QUIET
from api.source_names import trip_title
from dispatch.plans.plan import Plan
from dispatch.plans.timetable import Trip
from scenarios.schema import DIRECTIONS, Direction, Scenario


@dataclass(frozen=True)
class Move:
    """The departure with the largest move near a border: its trip, its times today and in the plan, the change in s."""

    trip_id: str
    today: str
    planned: str
    change_s: int


@dataclass(frozen=True)
class Border:
    """A border between two periods in one direction; None if a side has no departures to compare.

    `headway_s` are the mean headways of the plan before and after the border, `shift_s` the moves of the departures of
    both periods (median, later is positive), `gap_s` the times between the last departure of the earlier period and the
    first departure of the later period, today and in the plan.
    """

    where: str
    toward: str
    headway_s: tuple[float | None, float | None]
    shift_s: tuple[int | None, int | None]
    gap_s: tuple[int | None, int | None]
    largest: Move | None


def borders(baseline: Plan, plan: Plan, scenario: Scenario) -> tuple[Border, ...]:
    """The borders of both directions in order of time, with those next to the first and the last train.

    At equal service, a departure belongs to the period of today's departure of its trip. With demand-led headways,
    there are no corresponding trips, so each departure belongs to the period of its own time.
    """
    ends = {"up": scenario.stations[-1].name, "down": scenario.stations[0].name}
    found: list[Border] = []
    for direction in DIRECTIONS:
        start = scenario.stations_in_order(direction)[0].id
        today, planned = (
            [trip for trip in side.timetable.of(direction) if trip.stations[0] == start] for side in (baseline, plan)
        )
        if len(today) > 1 and len(planned) > 1:
            found += _of_direction(direction, ends[direction], today, planned, plan)
    return tuple(found)


def border_times_s(plan: Plan) -> tuple[int, ...]:
    """Begins of all periods of the plan's headway table except the first, each time once."""
    begins = {(row.direction, row.from_s) for row in plan.headways}
    first = {direction: min((at for one, at in begins if one == direction), default=0) for direction in DIRECTIONS}
    return tuple(sorted({at for direction, at in begins if at > first[direction]}))


def border_marks(times_s: Sequence[int], words_at: float) -> dict[str, Any]:
    """Vertical lines with their time of day, as parts of the layout of a chart; labels at `words_at`, 0 to 1."""
    line = {"type": "line", "xref": "x", "yref": "paper", "y0": 0, "y1": 1}
    words = {"xref": "x", "xanchor": "left", "xshift": 3, "yref": "paper", "y": words_at, "yanchor": "middle"}
    return {
        "shapes": [
            {**line, "x0": at * 1000.0, "x1": at * 1000.0, "line": {"color": QUIET, "width": 1.2, "dash": "dot"}}
            for at in times_s
        ],
        "annotations": [
            {
                **words,
                "x": at * 1000.0,
                "text": clock_text(at)[:5],
                "showarrow": False,
                "font": {"size": 10, "color": QUIET},
            }
            for at in times_s
        ],
    }


def _of_direction(
    direction: Direction, toward: str, today: Sequence[Trip], planned: Sequence[Trip], plan: Plan
) -> list[Border]:
    rows = sorted(
        (row for row in plan.headways if row.direction == direction and not row.first), key=lambda row: row.from_s
    )
    now = {trip.trip_id: trip for trip in planned}
    is_same = plan.mode == "equal-service" and all(trip.trip_id in now for trip in today)
    if is_same:
        planned = [now[trip.trip_id] for trip in today]
    shifts = [after.start_s - before.start_s for before, after in zip(today, planned, strict=True)] if is_same else None
    members: list[tuple[list[int], list[int]]] = []
    for row in rows:
        old = [k for k, trip in enumerate(today) if row.from_s <= trip.start_s < row.to_s]
        new = old if is_same else [k for k, trip in enumerate(planned) if row.from_s <= trip.start_s < row.to_s]
        members.append((old, new))
    found = [_end("first train", toward, today, planned, shifts, rows[0].headway_s if rows else None, 0)]
    for number, (before, after) in enumerate(pairwise(rows)):
        earlier, later = members[number], members[number + 1]
        found.append(
            Border(
                where=clock_text(after.from_s),
                toward=toward,
                headway_s=(before.headway_s, after.headway_s),
                shift_s=(_shift(shifts, earlier[0]), _shift(shifts, later[0])),
                gap_s=(_gap(today, earlier[0], later[0]), _gap(planned, earlier[1], later[1])),
                largest=_largest(today, planned, shifts, [*earlier[0], *later[0]]),
            )
        )
    found.append(_end("last train", toward, today, planned, shifts, rows[-1].headway_s if rows else None, -1))
    return found


def _end(
    name: str,
    toward: str,
    today: Sequence[Trip],
    planned: Sequence[Trip],
    shifts: Sequence[int] | None,
    headway_s: float | None,
    at: int,
) -> Border:
    """The gap next to the first train (`at` 0) or the last train (-1), which keeps its time."""
    sides = [(trips[1], trips[0]) if at == 0 else (trips[-1], trips[-2]) for trips in (today, planned)]
    beside = None if shifts is None else shifts[1 if at == 0 else -2]
    own = None if shifts is None else shifts[at]
    return Border(
        where=f"{name}, {clock_text(today[at].start_s)}",
        toward=toward,
        headway_s=(None, headway_s) if at == 0 else (headway_s, None),
        shift_s=(own, beside) if at == 0 else (beside, own),
        gap_s=(sides[0][0].start_s - sides[0][1].start_s, sides[1][0].start_s - sides[1][1].start_s),
        largest=None,
    )


def _shift(shifts: Sequence[int] | None, members: Sequence[int]) -> int | None:
    return round(median(shifts[k] for k in members)) if shifts is not None and members else None


def _gap(trips: Sequence[Trip], earlier: Sequence[int], later: Sequence[int]) -> int | None:
    return trips[later[0]].start_s - trips[earlier[-1]].start_s if earlier and later else None


def _largest(
    today: Sequence[Trip], planned: Sequence[Trip], shifts: Sequence[int] | None, near: Sequence[int]
) -> Move | None:
    if shifts is None or not near:
        return None
    k = max(near, key=lambda number: abs(shifts[number]))
    return Move(today[k].trip_id, clock_text(today[k].start_s), clock_text(planned[k].start_s), shifts[k])


def largest_move(found: Sequence[Border]) -> Move | None:
    """The departure with the largest move; None if departures have no counterpart today."""
    moves = [one.largest for one in found if one.largest is not None]
    return max(moves, key=lambda move: abs(move.change_s), default=None)


def farthest(baseline: Plan, plan: Plan, scenario: Scenario) -> Move | None:
    """The planned departure from an end of the line with the largest distance in time to all departures of today there.

    `today` is the nearest departure of today; None without departures.
    """
    moves = []
    for direction in DIRECTIONS:
        start = scenario.stations_in_order(direction)[0].id
        today_s = [trip.start_s for trip in baseline.timetable.of(direction) if trip.stations[0] == start]
        for trip in plan.timetable.of(direction):
            if trip.stations[0] == start and today_s:
                nearest_s = min(today_s, key=lambda time_s: abs(time_s - trip.start_s))
                change_s = trip.start_s - nearest_s
                moves.append(Move(trip.trip_id, clock_text(nearest_s), clock_text(trip.start_s), change_s))
    return max(moves, key=lambda move: abs(move.change_s), default=None)


def shown(found: Sequence[Border], numbers: Mapping[str, str]) -> list[Mapping[str, str]]:
    """The borders as cells of a table; trips with their train `numbers`."""
    rows: list[Mapping[str, str]] = []
    for one in found:
        move = one.largest
        rows.append(
            {
                "where": one.where,
                "toward": one.toward,
                "headways": " → ".join("–" if value is None else f"{value:.0f}" for value in one.headway_s),
                "shifts": " → ".join("–" if value is None else f"{value:+d}" for value in one.shift_s),
                "gap_today": "–" if one.gap_s[0] is None else str(one.gap_s[0]),
                "gap_plan": "–" if one.gap_s[1] is None else str(one.gap_s[1]),
                "largest": ""
                if move is None
                else f"{trip_title(move.trip_id, numbers)}: {move.today} → {move.planned} ({move.change_s:+d} s)",
            }
        )
    return rows
