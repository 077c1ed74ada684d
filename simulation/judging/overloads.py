"""Remarks on the loads of substations: where an overload class is exceeded, and where loads are not compared."""

from collections.abc import Mapping

from energy_models.account.substations import SubstationLoads
from scenarios.schema.scenario import Scenario
from scenarios.values.substation_ratings import ratings


def overload_remarks(scenario: Scenario, days: Mapping[str, Mapping[str, SubstationLoads]]) -> tuple[str, ...]:
    """One sentence for each substation whose class is exceeded, and one for the substations without rated power.

    `days` has the highest loads by substation for each timetable, under its name in the sentence ("the plan").
    """
    rated = ratings(scenario)
    found = []
    for name, rating in rated.items():
        excesses = [
            f"{one.load_kw:,.0f} kW over {one.window} instead of at most {one.allowed_kw:,.0f} kW ({timetable})"
            for timetable, loads in days.items()
            if name in loads
            for one in rating.beside(loads[name])
            if one.is_exceeded
        ]
        if excesses:
            found.append(
                f"Substation {name} is loaded above its overload class {rating.overload_class.name} with "
                f"{rating.rated_kw:,.0f} kW rated power: {'; '.join(excesses)}."
            )
    return (*found, *_not_compared(scenario, rated.keys() & _loaded(days), days))


def _loaded(days: Mapping[str, Mapping[str, SubstationLoads]]) -> set[str]:
    return {name for loads in days.values() for name in loads}


def _not_compared(
    scenario: Scenario, compared: set[str], days: Mapping[str, Mapping[str, SubstationLoads]]
) -> tuple[str, ...]:
    missing = [name for name in (item.id for item in scenario.supply.substations) if name in _loaded(days) - compared]
    if not missing:
        return ()
    load_kw, name, timetable = max(
        (loads[name].peak_1s_kw, name, timetable)
        for timetable, loads in days.items()
        for name in missing
        if name in loads
    )
    who = "No substation has" if not compared else f"{', '.join(missing)}: no"
    return (
        f"{who} rated power (rated_power_kw and overload_class of the scenario), so that these loads are not compared "
        f"with an overload class; the highest is {load_kw:,.0f} kW over one second at {name} ({timetable}).",
    )
