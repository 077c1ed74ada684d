"""Disturbances of the supply: outages of substations, planned or random."""

from collections.abc import Sequence

from energy_models.supply.outages import Outage
from scenarios.schema.disturbances import Disturbances
from simulation.disturbances.draws import exponential_s, uniform

DAY_S = 86_400.0
DAYS_PER_YEAR = 365.0


def outages_of_day(
    given: Disturbances, seed: int, substations: Sequence[str], storages: Sequence[str] = ()
) -> tuple[Outage, ...]:
    """The outages of a day among substations in service; a random outage never affects the last substation.

    A failure depends on the seed and the substation. Each substation has at most one failure per day, with the
    probability rate / 365.
    """
    outages = [
        Outage(row.substation, float(row.from_s), float(row.to_s))
        for row in given.substations_out
        if row.substation in (*substations, *storages)
    ]
    if given.substation_failures is not None:
        chance = given.substation_failures.per_year / DAYS_PER_YEAR
        for name in substations:
            if uniform("substation", seed, name) < chance:
                from_s = uniform("substation from", seed, name) * DAY_S
                lasts_s = exponential_s(uniform("substation lasts", seed, name), given.substation_failures.mean_s)
                outage = Outage(name, from_s, from_s + lasts_s)
                if _one_is_left([*outages, outage], substations):
                    outages.append(outage)
    return tuple(outage for outage in outages if outage.to_s > outage.from_s)


def _one_is_left(outages: Sequence[Outage], substations: Sequence[str]) -> bool:
    """Whether a substation is in service at each time; this is checked at the start of each outage."""
    return all(
        set(substations) - {other.name for other in outages if other.from_s <= outage.from_s < other.to_s}
        for outage in outages
    )
