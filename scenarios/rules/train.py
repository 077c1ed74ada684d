"""Rules of the train types (T)."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from scenarios.rules.rule import Finding, Rule, having
from scenarios.schema.scenario import Scenario
from scenarios.schema.train import EfficiencyMap

GRAVITY_M_S2 = 9.81
STRATEGIES = ("speed_cap", "flat_out", "optimal")


def _capacity(scenario: Scenario) -> Iterator[Finding]:
    for name, train in scenario.train_types.items():
        if train.capacity.crush < train.capacity.normal:
            yield Finding(
                ("train_types", name, "capacity", "crush"), f"{train.capacity.crush}",
                f"at least normal {train.capacity.normal}",
            )  # fmt: skip


def _one_form_of_effort(scenario: Scenario) -> Iterator[Finding]:
    for name, train in scenario.train_types.items():
        for which in ("traction", "electric_brake"):
            if which not in train.__dict__:
                continue
            curve = getattr(train, which)
            if (curve.points is None) == (curve.force_kn is None):
                stands = "both points and force_kn" if curve.points is not None else "neither points nor force_kn"
                yield Finding(("train_types", name, which), stands, "one of points and force_kn")
            elif curve.points is not None and not curve.points:
                yield Finding(("train_types", name, which, "points"), "no points", "at least one point")


def _effort_falls(scenario: Scenario) -> Iterator[Finding]:
    for name, train in scenario.train_types.items():
        for which in ("traction", "electric_brake"):
            curve = train.__dict__.get(which)
            points = list(having(curve.points or (), "speed_kmh", "force_kn")) if curve is not None else []
            base = ("train_types", name, which, "points")
            if points and points[0][1].speed_kmh != 0:
                yield Finding((*base, 0, "speed_kmh"), f"{points[0][1].speed_kmh:g}", "0 at the first point")
            for (_, before), (position, point) in pairwise(points):
                if point.speed_kmh <= before.speed_kmh:
                    yield Finding((*base, position, "speed_kmh"), f"{point.speed_kmh:g}", f"above {before.speed_kmh:g}")
                if point.force_kn > before.force_kn:
                    yield Finding(
                        (*base, position, "force_kn"), f"{point.force_kn:g}",
                        f"at most {before.force_kn:g}: the force must not increase with speed",
                    )  # fmt: skip


def _one_form_of_efficiency(scenario: Scenario) -> Iterator[Finding]:
    for name, train in scenario.train_types.items():
        for which in ("traction", "regeneration"):
            constant, table = getattr(train.efficiency, which), getattr(train.efficiency, which + "_map")
            path = ("train_types", name, "efficiency")
            if (constant is None) == (table is None):
                stands = f"both {which} and {which}_map" if table is not None else f"neither {which} nor {which}_map"
                yield Finding(path, stands, f"one of {which} and {which}_map")
            elif table is not None:
                yield from _map_is_complete(table, (*path, which + "_map"))


def _map_is_complete(table: EfficiencyMap, path: tuple[str, ...]) -> Iterator[Finding]:
    for axis in ("forces_kn", "speeds_kmh"):
        values: Sequence[float] = getattr(table, axis)
        if not values or any(after <= before for before, after in pairwise(values)):
            yield Finding((*path, axis), ", ".join(f"{value:g}" for value in values), "rising values")
    rows, columns = len(table.forces_kn), len(table.speeds_kmh)
    if len(table.share) != rows or any(len(row) != columns for row in table.share):
        shape = f"{len(table.share)} rows of {'/'.join(sorted({str(len(row)) for row in table.share}))}"
        yield Finding((*path, "share"), shape, f"{rows} rows (forces) of {columns} columns (speeds)")


def _auxiliaries_rise_in_temperature(scenario: Scenario) -> Iterator[Finding]:
    for name, train in scenario.train_types.items():
        if not train.auxiliaries:
            yield Finding(("train_types", name, "auxiliaries"), "no points", "at least one point")
        for (_, before), (position, point) in pairwise(having(train.auxiliaries, "temperature_c")):
            if point.temperature_c <= before.temperature_c:
                yield Finding(
                    ("train_types", name, "auxiliaries", position, "temperature_c"), f"{point.temperature_c:g}",
                    f"above {before.temperature_c:g}",
                )  # fmt: skip


def _starts_on_its_gradient(scenario: Scenario) -> Iterator[Finding]:
    steepest = max((abs(row.permil) for _, row in having(scenario.track.gradients, "permil")), default=0.0)
    for name, train in scenario.train_types.items():
        force_kn = train.traction.force_kn or (train.traction.points[0].force_kn if train.traction.points else None)
        if force_kn is None:
            continue
        mass_t = train.tare_t + train.capacity.crush * train.passenger_kg / 1000
        needed_kn = mass_t * GRAVITY_M_S2 * steepest / 1000 + train.resistance.constant_kn
        if force_kn <= needed_kn:
            yield Finding(
                ("train_types", name, "traction"), f"{force_kn:g} kN from standstill",
                f"above {needed_kn:.1f} kN, so that a full train can start on the gradient of {steepest:g} permil",
            )  # fmt: skip


def _unique_levels(scenario: Scenario) -> Iterator[Finding]:
    for name, train in scenario.train_types.items():
        seen: set[str] = set()
        for position, level in having(train.ato_levels, "name"):
            path = ("train_types", name, "ato_levels", position, "name")
            if level.name in seen:
                yield Finding(path, level.name, "a name that occurs once")
            elif level.name in STRATEGIES:
                yield Finding(
                    path, level.name, f"another name than {', '.join(STRATEGIES)}, the names of driving strategies"
                )
            seen.add(level.name)


RULES = (
    Rule("T1", "Crush capacity is not below normal capacity.", _capacity),
    Rule("T2", "Each effort curve has points or a force, not both.", _one_form_of_effort),
    Rule(
        "T3",
        "Effort curves begin at 0 km/h; the speed increases from point to point, and the force does not increase.",
        _effort_falls,
    ),
    Rule("T4", "Each efficiency is a constant or a complete map with rising axes.", _one_form_of_efficiency),
    Rule("T5", "Auxiliaries have at least one point, with rising temperature.", _auxiliaries_rise_in_temperature),
    Rule("T6", "A full train can start on the steepest gradient.", _starts_on_its_gradient),
    Rule("T7", "Names of ATO levels are unique and differ from the names of the driving strategies.", _unique_levels),
)
