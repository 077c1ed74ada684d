"""The patterns of departures that the policy allows, and the violations of the policy by the timetable in force."""

from collections.abc import Iterator

from dispatch.headways.patterns import (
    DeparturePattern,
    DeparturePatternMaker,
    Segment,
    busiest_place,
    cycle_s,
    load_limit,
    segments_of,
)
from dispatch.plans.short_turns import MOST_IDLE, SHORTS_AFTER_A_LONG, Mix, parts_of
from scenarios.schema import Scenario, seconds_to_clock
from scenarios.schema.base import DIRECTIONS


def within_policy(scenario: Scenario, maker: DeparturePatternMaker, segment: Segment) -> tuple[DeparturePattern, ...]:
    """The even patterns of a segment that keep minimum headway, longest headway and load limit."""
    shortest, longest = scenario.signalling.minimum_headway_s, scenario.policy.longest_headway_s
    limit = load_limit(scenario)
    few = max(-(-segment.length_s // longest), 1)
    many = max(segment.length_s // shortest, 1)
    # A vehicle leaves the same terminal at most once a cycle, so the fleet bounds the departures in any cycle.
    window = min(cycle_s(scenario), segment.length_s)
    many = min(many, max((scenario.trainsets + 1) * segment.length_s // window, few))
    made = (*(maker.even(segment, gaps) for gaps in range(few, many + 1)), *_mixed(scenario, maker, segment, few))
    return tuple(
        pattern
        for pattern in made
        if pattern.shortest_gap_s >= shortest and pattern.longest_gap_s <= longest and pattern.heaviest_load <= limit
    )


def _mixed(scenario: Scenario, maker: DeparturePatternMaker, segment: Segment, few: int) -> Iterator[DeparturePattern]:
    """Whole cycles of long and short trips on each part of the line where trains may turn, with enough long trips."""
    many = segment.length_s // scenario.signalling.minimum_headway_s
    for part in parts_of(scenario):
        for shorts in SHORTS_AFTER_A_LONG:
            for gaps in range((1 + shorts) * few, many + 1, 1 + shorts):
                for idle in range(min(MOST_IDLE, gaps // (1 + shorts) * shorts - 1) + 1):
                    yield maker.mixed(segment, gaps, Mix(part, shorts, idle))


def policy_breaks_today(scenario: Scenario, maker: DeparturePatternMaker) -> tuple[str, ...]:
    """A sentence for each violation of the policy by the timetable in force."""
    notes = []
    for direction in DIRECTIONS:
        for segment in segments_of(scenario)[direction]:
            pattern = maker.in_force(segment)
            begin = f"from {seconds_to_clock(segment.from_s)} {direction}"
            if pattern.longest_gap_s > scenario.policy.longest_headway_s:
                notes.append(
                    f"{begin} today's trains are up to {pattern.longest_gap_s} s apart, but the policy allows "
                    f"{scenario.policy.longest_headway_s} s"
                )
            if pattern.heaviest_load > load_limit(scenario):
                notes.append(
                    f"{begin} the fullest train of today carries {pattern.heaviest_load:.0f} passengers over "
                    f"{busiest_place(scenario, segment, pattern)}, but the policy allows {load_limit(scenario):.0f}"
                )
    return tuple(notes)
