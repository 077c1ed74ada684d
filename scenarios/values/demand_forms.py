"""Journeys of the compact forms of demand: the gravity model, boardings by station, and tables for periods.

Each form gives passengers by origin, destination and time of entry, and keeps its totals exactly.
"""

from collections.abc import Callable

import numpy as np

from energy_models.arrays import FloatArray
from scenarios.schema.demand import Demand
from scenarios.schema.scenario import Scenario

Spread = Callable[[float, float], FloatArray]
"""Share of a constant flow from one time to another in each interval."""


def time_spans(demand: Demand) -> list[tuple[int, int]]:
    """Begin and end, in s, of each period or interval of a compact form."""
    spans = [(row.from_s, row.to_s) for row in demand.origin_destination_periods or ()]
    spans += [(row.from_s, row.from_s + demand.interval_s) for row in demand.boardings or ()]
    return spans + [(row.from_s, row.to_s) for row in (demand.gravity.profile if demand.gravity else ())]


def journeys_of_form(scenario: Scenario, spread: Spread, bins: int) -> FloatArray:
    """Passengers by interval of entry, origin and destination (positions by rising chainage); zero for other forms."""
    demand = scenario.demand
    stations = len(scenario.stations)
    found = np.zeros((bins, stations, stations))
    if demand.gravity is not None:
        total = demand.passengers_per_day or 0.0
        to_work = _gravity_shares(scenario)
        shares = sum(period.share for period in demand.gravity.profile)
        for period in demand.gravity.profile:
            pairs = period.outward_share * to_work + (1.0 - period.outward_share) * to_work.T
            flow = spread(period.from_s, period.to_s) * total * period.share / shares
            found += flow[:, None, None] * pairs
    place = {station.id: position for position, station in enumerate(scenario.stations)}
    for row in demand.origin_destination_periods or ():
        flow = spread(row.from_s, row.to_s) * row.passengers
        found[:, place[row.origin], place[row.destination]] += flow
    if demand.boardings:
        destinations = alighting_shares(scenario)
        for boarding in demand.boardings:
            flow = spread(boarding.from_s, boarding.from_s + demand.interval_s) * boarding.passengers
            origin = place[boarding.station]
            found[:, origin] += flow[:, None] * destinations[boarding.direction][origin]
    return found


def _gravity_shares(scenario: Scenario) -> FloatArray:
    """Share of all journeys from production to attraction for each pair of stations; the shares add up to 1."""
    gravity = scenario.demand.gravity
    rows = {row.station: row for row in gravity.stations} if gravity is not None else {}
    ordered = [rows[station.id] for station in scenario.stations]
    attraction = np.array([row.attraction for row in ordered])
    production = np.array([row.attraction if row.production is None else row.production for row in ordered])
    weights = production[:, None] * attraction[None, :] * _deterrence(scenario)
    # Without any journeys, which the rules of the demand report, all shares are zero.
    return np.asarray(weights / (weights.sum() or 1.0))


def alighting_shares(scenario: Scenario) -> dict[str, FloatArray]:
    """Where passengers alight by station of boarding, for each direction and for both; each row adds up to 1.

    A destination counts with its daily boardings times the deterrence. A row is zero where no station can be reached at
    which passengers board; the rules of the demand report it.
    """
    place = {station.id: position for position, station in enumerate(scenario.stations)}
    daily = np.zeros(len(place))
    for row in scenario.demand.boardings or ():
        daily[place[row.station]] += row.passengers
    weights = daily[None, :] * _deterrence(scenario)
    parts = {"both": weights, "up": np.triu(weights, 1), "down": np.tril(weights, -1)}
    found = {}
    for direction, part in parts.items():
        total = part.sum(axis=1, keepdims=True)
        found[direction] = np.divide(part, total, out=np.zeros_like(part), where=total > 0.0)
    return found


def _deterrence(scenario: Scenario) -> FloatArray:
    """exp(-distance / deterrence_km) for each pair of stations, 0 from a station to itself."""
    place_km = np.array([station.chainage_m for station in scenario.stations]) / 1000.0
    apart_km = np.abs(place_km[:, None] - place_km[None, :])
    scale_km = scenario.demand.deterrence_km
    factor = np.ones_like(apart_km) if scale_km is None else np.exp(-apart_km / scale_km)
    np.fill_diagonal(factor, 0.0)
    return np.asarray(factor)
