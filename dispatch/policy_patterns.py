"""Which patterns of departures the policy allows, and where today's own breaks it."""

from collections.abc import Iterator

from dispatch.headway_patterns import (
    Pattern,
    PatternMaker,
    Segment,
    busiest_place,
    cycle_s,
    load_limit,
    segments_of,
)
from dispatch.short_turns import MOST_IDLE, SHORTS_AFTER_A_LONG, Mix, parts_of
from dispatch.timetable import DIRECTIONS
from scenarios.schema import Scenario, seconds_to_clock


def within_policy(scenario: Scenario, maker: PatternMaker, segment: Segment) -> tuple[Pattern, ...]:
    """The even patterns of a segment that keep signalling headway, longest headway and load limit."""
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


def _mixed(scenario: Scenario, maker: PatternMaker, segment: Segment, few: int) -> Iterator[Pattern]:
    """Whole cycles of long and short trips on each part of the line where trains may turn, long ones often enough."""
    many = segment.length_s // scenario.signalling.minimum_headway_s
    for part in parts_of(scenario):
        for shorts in SHORTS_AFTER_A_LONG:
            for gaps in range((1 + shorts) * few, many + 1, 1 + shorts):
                for idle in range(min(MOST_IDLE, gaps // (1 + shorts) * shorts - 1) + 1):
                    yield maker.mixed(segment, gaps, Mix(part, shorts, idle))


def policy_breaks_today(scenario: Scenario, maker: PatternMaker) -> tuple[str, ...]:
    """Where the timetable in force breaks the policy, in words."""
    notes = []
    for direction in DIRECTIONS:
        for segment in segments_of(scenario)[direction]:
            pattern = maker.in_force(segment)
            begin = f"from {seconds_to_clock(segment.from_s)} {direction}"
            if pattern.longest_gap_s > scenario.policy.longest_headway_s:
                notes.append(
                    f"{begin} trains run up to {pattern.longest_gap_s} s apart today, the policy allows "
                    f"{scenario.policy.longest_headway_s} s"
                )
            if pattern.heaviest_load > load_limit(scenario):
                notes.append(
                    f"{begin} the fullest train carries {pattern.heaviest_load:.0f} passengers over "
                    f"{busiest_place(scenario, segment, pattern)} today, the policy allows {load_limit(scenario):.0f}"
                )
    return tuple(notes)
