"""From the fields of a scenario to the values of the energy models, in SI units."""

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from energy_models.arrays import frozen_floats
from energy_models.faults import Fault, InputFaults
from energy_models.running_times import ProfileLibrary
from energy_models.supply.network import Storage, Substation, SupplyNetwork, VehicleLaw
from energy_models.track import SectionTrack, hold_limits_for_length
from energy_models.train import Efficiency, ForceCurve, Train
from scenarios.schema.base import DIRECTIONS, Direction
from scenarios.schema.line import Station
from scenarios.schema.scenario import Scenario
from scenarios.schema.train import EfficiencyMap, EffortCurve, TrainType
from scenarios.values.demand import SectionLoads, section_loads
from scenarios.values.running_times_today import GivenRunningTime, given_running_times
from scenarios.values.speed_limits import speed_limits
from scenarios.values.track_lengths import section_lengths_m

if TYPE_CHECKING:
    from energy_models.driving.ato import AtoLevel

__all__ = [
    "SectionLoads",
    "ato_levels_of",
    "auxiliary_w",
    "section_loads",
    "section_tracks",
    "supply_network",
    "train_of",
]

KMH = 1 / 3.6
TRACK_OF: dict[Direction, int] = {"up": 0, "down": 1}


def train_of(scenario: Scenario, train_type: str | None = None, outside_temperature_c: float | None = None) -> Train:
    """The train of a type (the fleet's first by default) at a temperature (the scenario's by default)."""
    kind = scenario.train_types[train_type or scenario.main_train_type]
    temperature_c = scenario.outside_temperature_c if outside_temperature_c is None else outside_temperature_c
    tare_kg = kind.tare_t * 1e3
    resistance = kind.resistance
    return Train(
        tare_kg=tare_kg,
        rotating_mass_kg=kind.rotating_mass_share * tare_kg,
        passenger_kg=kind.passenger_kg,
        capacity_normal=kind.capacity.normal,
        capacity_crush=kind.capacity.crush,
        length_m=kind.length_m,
        maximum_speed_m_s=kind.maximum_speed_kmh * KMH,
        maximum_acceleration_m_s2=kind.comfort.maximum_acceleration_m_s2,
        maximum_deceleration_m_s2=kind.comfort.maximum_deceleration_m_s2,
        resistance_n=(
            resistance.constant_kn * 1e3,
            resistance.per_m_s_kn * 1e3,
            resistance.per_m_s_squared_kn * 1e3,
        ),
        traction=_force_curve(kind.traction),
        electric_brake=_force_curve(kind.electric_brake),
        friction_brake_force_n=kind.friction_brake_kn * 1e3,
        service_brake_force_n=kind.service_brake_kn * 1e3,
        traction_efficiency=_efficiency(kind.efficiency.traction, kind.efficiency.traction_map),
        regeneration_efficiency=_efficiency(kind.efficiency.regeneration, kind.efficiency.regeneration_map),
        auxiliary_w=auxiliary_w(kind, temperature_c),
        maximum_jerk_m_s3=kind.comfort.maximum_jerk_m_s3 or np.inf,
    )


def ato_levels_of(scenario: Scenario, train_type: str | None = None) -> "tuple[AtoLevel, ...]":
    """The ATO driving levels of a type (the fleet's first by default); empty if every profile is possible."""
    from energy_models.driving.ato import AtoLevel  # noqa: PLC0415 - loads the compiled kernels, which few callers need

    return tuple(
        AtoLevel(
            name=level.name,
            speed_cap_m_s=np.inf if level.speed_cap_kmh is None else level.speed_cap_kmh * KMH,
            coast_from_share=level.coast_from_share,
            slowest_share=level.slowest_share,
        )
        for level in scenario.train_types[train_type or scenario.main_train_type].ato_levels
    )


def auxiliary_w(train_type: TrainType, outside_temperature_c: float) -> float:
    """Mean power of the auxiliaries: linear between the given temperatures, constant outside them."""
    points = train_type.auxiliaries
    kilowatts = np.interp(outside_temperature_c, [p.temperature_c for p in points], [p.power_kw for p in points])
    return float(kilowatts) * 1e3


def _force_curve(curve: EffortCurve) -> ForceCurve:
    power_w = np.inf if curve.power_kw is None else curve.power_kw * 1e3
    if curve.points is None:
        return ForceCurve(frozen_floats([0.0]), frozen_floats([(curve.force_kn or 0.0) * 1e3]), power_w)
    speeds = frozen_floats([point.speed_kmh * KMH for point in curve.points])
    return ForceCurve(speeds, frozen_floats([point.force_kn * 1e3 for point in curve.points]), power_w)


def _efficiency(constant: float | None, table: EfficiencyMap | None) -> Efficiency:
    if table is None:
        return Efficiency.constant(1.0 if constant is None else constant)
    return Efficiency(
        frozen_floats([force * 1e3 for force in table.forces_kn]),
        frozen_floats([speed * KMH for speed in table.speeds_kmh]),
        frozen_floats(table.share),
    )


ROUNDING_M = 1e-6


def section_tracks(
    scenario: Scenario,
    direction: Direction,
    train: Train,
    *,
    train_type: str | None = None,
    train_length_m: float | None = None,
) -> tuple[SectionTrack, ...]:
    """The sections of a direction in order of travel.

    A limit holds until the tail of the train has left it; `train_length_m=0` gives the point train of the reference
    cases. Gradients change their sign in direction down. Curve resistance is the constant of the train type divided by
    the radius.
    """
    length_m = train.length_m if train_length_m is None else train_length_m
    constant = scenario.train_types[train_type or scenario.main_train_type].curve_resistance_n_m_per_kn
    ends = pairwise(scenario.stations_in_order(direction))
    lengths_m = section_lengths_m(scenario, direction)
    return tuple(
        _section(scenario, direction, here, there, end_m, length_m, constant)
        for (here, there), end_m in zip(ends, lengths_m, strict=True)
    )


def _section(
    scenario: Scenario,
    direction: Direction,
    here: Station,
    there: Station,
    end_m: float,
    length_m: float,
    curve_constant: float,
) -> SectionTrack:
    sign = 1 if direction == "up" else -1
    chainages_m = abs(there.chainage_m - here.chainage_m)
    # Exactly 1 where both tracks have the same length, so that no distance changes by rounding.
    stretched = 1.0 if end_m == chainages_m else end_m / chainages_m

    def stretches(table: str, value: str) -> list[tuple[float, float, float]]:
        """Begin, end (distances from the departure) and value of each stretch, in order of travel."""
        rows = []
        for row in speed_limits(scenario) if table == "speed_limits" else getattr(scenario.track, table):
            if row.direction in (direction, "both"):
                ends = sorted(
                    _snapped(sign * (place - here.chainage_m) * stretched, end_m) for place in (row.from_m, row.to_m)
                )
                rows.append((ends[0], ends[1], float(getattr(row, value))))
        return sorted(rows)

    limits = stretches("speed_limits", "limit_kmh")
    gradients = stretches("gradients", "permil")
    curves = stretches("curves", "radius_m")
    # The tail may still stand under a limit that lies behind the departure.
    begin_m = max(-length_m, limits[0][0])
    limit_edges = [begin_m, *(low for low, _, _ in limits if begin_m < low < end_m), end_m]
    limit_values = [_value_at(limits, middle, np.inf) for middle in _middles(limit_edges)]
    held_edges, held_values = hold_limits_for_length(
        frozen_floats(limit_edges), frozen_floats([value * KMH for value in limit_values]), length_m
    )
    held = [(float(a), float(b), float(v)) for (a, b), v in zip(pairwise(held_edges), held_values, strict=True)]
    inner = {edge for rows in (held, gradients, curves) for row in rows for edge in row[:2] if 0 < edge < end_m}
    boundary = [0.0, *sorted(inner), end_m]
    middles = _middles(boundary)
    return SectionTrack(
        name=f"{here.id}-{there.id}",
        boundary_m=frozen_floats(boundary),
        speed_limit_m_s=frozen_floats([_value_at(held, middle, np.inf) for middle in middles]),
        slope=frozen_floats([sign * _value_at(gradients, middle, 0.0) / 1000 / stretched for middle in middles]),
        curve_resistance=frozen_floats(
            [curve_constant / _value_at(curves, middle, np.inf) / 1000 for middle in middles]
        ),
        departure_chainage_m=here.chainage_m,
        chainage_per_m=sign / stretched,
    )


def _snapped(distance_m: float, end_m: float) -> float:
    """A distance, or exactly 0 or the end of the section where rounding alone keeps it away from there: otherwise a
    last piece of track without a row of its own would have no speed limit."""
    return next((place for place in (0.0, end_m) if abs(distance_m - place) < ROUNDING_M), distance_m)


def _middles(edges: list[float]) -> list[float]:
    return [(low + high) / 2 for low, high in pairwise(edges)]


def _value_at(rows: list[tuple[float, float, float]], place_m: float, otherwise: float) -> float:
    return next((value for low, high, value in rows if low <= place_m < high), otherwise)


def supply_network(scenario: Scenario) -> SupplyNetwork:
    """The DC network: substations and storages in service; a tie replaces a substation that is out of service."""
    supply = scenario.supply
    chainage = {station.id: station.chainage_m for station in scenario.stations}

    def place_m(station: str | None, chainage_m: float | None) -> float:
        return chainage[station] if station is not None else float(chainage_m or 0.0)

    substations = tuple(
        Substation(
            name=item.id,
            chainage_m=place_m(item.station, item.chainage_m),
            no_load_v=item.no_load_v or supply.no_load_v,
            resistance_ohm=item.resistance_ohm or supply.substation_resistance_ohm,
            efficiency=item.efficiency,
            transformer_no_load_w=item.transformer_no_load_kw * 1e3,
            inverter_v=np.inf if item.inverter_v is None else item.inverter_v,
            inverter_resistance_ohm=np.inf if item.inverter_resistance_ohm is None else item.inverter_resistance_ohm,
            inverter_efficiency=item.inverter_efficiency,
        )
        for item in supply.substations
        if item.in_service
    )
    storages = tuple(
        Storage(
            name=item.id,
            chainage_m=place_m(item.station, item.chainage_m),
            capacity_j=item.capacity_kwh * 3.6e6,
            charge_from_v=item.charge_from_v,
            discharge_below_v=item.discharge_below_v,
            droop_ohm=item.droop_ohm,
            maximum_current_a=item.maximum_current_a,
            maximum_power_w=item.maximum_power_kw * 1e3,
            charge_efficiency=item.charge_efficiency,
            discharge_efficiency=item.discharge_efficiency,
            standing_loss_w=item.standing_loss_kw * 1e3,
            initial_charge_share=item.initial_charge_share,
            minimum_charge_share=item.minimum_charge_share,
            maximum_charge_share=item.maximum_charge_share,
        )
        for item in supply.storages
        if item.in_service
    )
    out_of_service = (place_m(item.station, item.chainage_m) for item in supply.substations if not item.in_service)
    rails = supply.running_rail_ohm_per_km / 1e3
    return SupplyNetwork(
        length_m=scenario.length_m,
        start_chainage_m=scenario.stations[0].chainage_m,
        substations=tuple(sorted(substations, key=lambda item: item.chainage_m)),
        storages=storages,
        law=VehicleLaw(
            regeneration_fade_from_v=supply.regeneration.fade_from_v,
            regeneration_fade_to_v=supply.regeneration.fade_to_v,
            traction_full_above_v=supply.traction.full_above_v,
            traction_none_below_v=supply.traction.none_below_v,
            auxiliaries_constant_impedance_below_v=supply.auxiliaries_constant_impedance_below_v,
        ),
        contact_ohm_per_m=supply.contact_line_ohm_per_km / 1e3,
        return_ohm_per_m=rails / 2 if supply.running_rails_bonded else rails,
        tie_chainage_m=tuple(sorted({*supply.ties_m, *out_of_service})),
        section_gap_chainage_m=tuple((TRACK_OF[gap.track], gap.chainage_m) for gap in supply.gaps),
    )


def profile_library(scenario: Scenario, train: Train | None = None, train_type: str | None = None) -> ProfileLibrary:
    """The driving profiles of a type (the fleet's first by default) on this line; `train` replaces the train of the
    type, for example a calibrated train."""
    train = train or train_of(scenario, train_type)
    return ProfileLibrary(
        {direction: section_tracks(scenario, direction, train, train_type=train_type) for direction in DIRECTIONS},
        train,
    )


def profile_libraries(scenario: Scenario, main: ProfileLibrary) -> dict[str, ProfileLibrary]:
    """The driving profiles of each train type of the fleet by its name; `main` are those of the main type."""
    names = dict.fromkeys(part.train_type for part in scenario.fleet)
    return {
        name: main if name == scenario.main_train_type else profile_library(scenario, train_type=name) for name in names
    }


@dataclass(frozen=True)
class TooFast:
    """A running time of the timetable in force below the minimum running time of an empty train, in s.

    `name` is that of the section, `train` names the train in words.
    """

    given: GivenRunningTime
    name: str
    minimum_s: float
    train: str

    @property
    def allowed(self) -> str:
        """The allowed values in words."""
        return f"at least {self.minimum_s:.1f} for {self.name}, the minimum running time of an empty {self.train}"


def too_fast(scenario: Scenario, library: ProfileLibrary) -> tuple[TooFast, ...]:
    """The running times of the timetable in force that an empty train cannot keep, of all types of the fleet.

    `library` is that of the main type; the train has its type in words if there are several types.
    """
    found = []
    libraries = profile_libraries(scenario, library)
    for train_type, profiles in libraries.items():
        train = "train" if len(libraries) == 1 else f"train of type {train_type}"
        for given in given_running_times(scenario):
            minimum_s = profiles.minimum_time_s(given.direction, given.section, 0.0)
            if given.running_time_s < minimum_s - 0.5:
                name = profiles.sections[given.direction][given.section].name
                found.append(TooFast(given, name, minimum_s, train))
    return tuple(found)


def require_possible_running_times(scenario: Scenario, library: ProfileLibrary) -> None:
    """Raise InputFaults if a running time of the timetable in force is below the minimum of an empty train.

    `library` is that of the main type; all types of the fleet are checked.
    """
    faults = [
        Fault("scenario.yaml", "timetable", one.given.place, f"{one.given.running_time_s:g}", one.allowed)
        for one in too_fast(scenario, library)
    ]
    if faults:
        raise InputFaults(faults)
