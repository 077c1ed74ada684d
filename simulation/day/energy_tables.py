"""The energy of a simulated day by train, by section of track, and for standing trains."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from energy_models.account.by_run import EnergyByRun, energy_by_run
from energy_models.account.energy import EnergyAccount
from energy_models.movement.planned import Run, Stand
from energy_models.supply.snapshots import Snapshots, SupplySolution


@dataclass(frozen=True)
class CollectorEnergy:
    """Energy at the collectors of a group of trains, in kWh, each figure >= 0.

    The losses between collectors and substations belong to no train.
    """

    traction_kwh: float = 0.0
    auxiliaries_kwh: float = 0.0
    regeneration_offered_kwh: float = 0.0
    regeneration_used_kwh: float = 0.0

    @property
    def net_kwh(self) -> float:
        """Drawn minus regenerated energy."""
        return self.traction_kwh + self.auxiliaries_kwh - self.regeneration_used_kwh


@dataclass(frozen=True, eq=False)
class EnergyTables:
    """The collector energy of the account as tables; the sum of each table equals the account, by type, to 0.1 %.

    `by_section` contains the runs by the name of their section (from-to, so that each direction has its own name), and
    `STANDING` for standing trains.
    """

    by_train: Mapping[str, CollectorEnergy]
    by_section: Mapping[str, CollectorEnergy]


STANDING = "standing"
NO_TABLES = EnergyTables({}, {})


def energy_tables(
    snapshots: Snapshots, solution: SupplySolution, runs: Sequence[Run], stands: Sequence[Stand], whole: EnergyAccount
) -> EnergyTables:
    """Split the account `whole` of the snapshots of these runs and stands into tables; raises BalanceError."""
    shared = energy_by_run(snapshots, solution, len(runs) + len(stands), whole)
    trains = [item.train for item in runs] + [item.train for item in stands]
    sections = [run.track.name for run in runs] + [STANDING] * len(stands)
    return EnergyTables(_summed(shared, trains), _summed(shared, sections))


def _summed(shared: EnergyByRun, names: Sequence[str]) -> dict[str, CollectorEnergy]:
    """The energy of all runs and stands by name, the names in order of their first occurrence."""
    place = {name: index for index, name in enumerate(dict.fromkeys(names))}
    where = np.array([place[name] for name in names], dtype=np.int64)
    columns = [
        np.bincount(where, weights=values, minlength=len(place)).tolist()
        for values in (
            shared.traction_kwh,
            shared.auxiliaries_kwh,
            shared.regeneration_offered_kwh,
            shared.regeneration_used_kwh,
        )
    ]
    return {name: CollectorEnergy(*(column[index] for column in columns)) for name, index in place.items()}
