"""A plan with and without regulation, and today's timetable under the same regulator, on the same days."""

from collections.abc import Sequence
from dataclasses import dataclass

from simulation.judging.judge import Judgement, compare
from simulation.runs.replications import DayResult


@dataclass(frozen=True, eq=False)
class RegulationJudgement:
    """Four comparisons on the same days.

    `without` and `regulated` compare the plan without and with its regulator with today's timetable without regulator;
    `same_regulator` compares the plan with today's timetable under the regulator of the plan. `alone` compares today's
    timetable with and without this regulator.
    """

    without: Judgement
    regulated: Judgement
    same_regulator: Judgement
    alone: Judgement


def judge_regulation(
    seeds: Sequence[int],
    free: tuple[Sequence[DayResult], Sequence[DayResult]],
    regulated: tuple[Sequence[DayResult], Sequence[DayResult]],
) -> RegulationJudgement:
    """The comparisons from the days of today's timetable and of the plan, without and with the regulator."""
    return RegulationJudgement(
        compare(seeds, free[0], free[1]),
        compare(seeds, free[0], regulated[1]),
        compare(seeds, regulated[0], regulated[1]),
        compare(seeds, free[0], regulated[0]),
    )
