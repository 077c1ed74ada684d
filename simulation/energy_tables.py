"""The energy of a simulated day by train, by section of track, and where trains stand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from energy_models.energy_account import EnergyAccount
from energy_models.energy_by_run import EnergyByRun, energy_by_run
from energy_models.movement import Run, Stand
from energy_models.supply.snapshots import Snapshots, SupplySolution


@dataclass(frozen=True)
class CollectorEnergy:
    """What passed the collectors of some trains, in kWh, each figure >= 0; the losses between there and the
    substations belong to no train."""

    traction_kwh: float = 0.0
    auxiliaries_kwh: float = 0.0
    regeneration_offered_kwh: float = 0.0
    regeneration_used_kwh: float = 0.0

    @property
    def net_kwh(self) -> float:
        """Drawn less given back."""
        return self.traction_kwh + self.auxiliaries_kwh - self.regeneration_used_kwh

    def __add__(self, other: "CollectorEnergy") -> "CollectorEnergy":
        """Both together."""
        return CollectorEnergy(
            self.traction_kwh + other.traction_kwh,
            self.auxiliaries_kwh + other.auxiliaries_kwh,
            self.regeneration_offered_kwh + other.regeneration_offered_kwh,
            self.regeneration_used_kwh + other.regeneration_used_kwh,
        )


@dataclass(frozen=True, eq=False)
class EnergyTables:
    """The account's collector energy laid out: each table adds up to it, kind by kind, to 0.1 %.

    `by_section` has the runs by the name of their section (from-to, so each direction has its own), and under
    `STANDING` what standing trains draw.
    """

    by_train: Mapping[str, CollectorEnergy]
    by_section: Mapping[str, CollectorEnergy]


STANDING = "standing"


def energy_tables(
    snapshots: Snapshots, solution: SupplySolution, runs: Sequence[Run], stands: Sequence[Stand], whole: EnergyAccount
) -> EnergyTables:
    """Lay out the account `whole` of snapshots that `assemble` made of these runs and stands; raises BalanceError."""
    shared = energy_by_run(snapshots, solution, len(runs) + len(stands), whole)
    by_train: dict[str, CollectorEnergy] = {}
    by_section: dict[str, CollectorEnergy] = {}
    places = [(run.train, run.track.name) for run in runs] + [(stand.train, STANDING) for stand in stands]
    for index, (train, section) in enumerate(places):
        energy = _of(shared, index)
        by_train[train] = by_train.get(train, CollectorEnergy()) + energy
        by_section[section] = by_section.get(section, CollectorEnergy()) + energy
    return EnergyTables(by_train, by_section)


def _of(shared: EnergyByRun, index: int) -> CollectorEnergy:
    return CollectorEnergy(
        float(shared.traction_kwh[index]),
        float(shared.auxiliaries_kwh[index]),
        float(shared.regeneration_offered_kwh[index]),
        float(shared.regeneration_used_kwh[index]),
    )
