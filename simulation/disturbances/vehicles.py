"""Disturbances of vehicles: door faults, late pull-outs, and trains that fail during a trip."""

from scenarios.schema.disturbances import DoorFaults, LatePullOuts, TrainFailures
from simulation.disturbances.draws import exponential_s, lognormal_s, uniform

KM_PER_MILLION = 1e6


def door_fault_s(faults: DoorFaults | None, seed: int, trip_id: str, station: str) -> float:
    """Delay in s by a door fault at one stop of a trip; 0 at nearly all stops."""
    if faults is None or uniform("door", seed, trip_id, station) >= faults.per_1000_stops / 1000.0:
        return 0.0
    return lognormal_s(uniform("door lasts", seed, trip_id, station), faults.mean_s, faults.standard_deviation_s)


def late_pull_out_s(pull_outs: LatePullOuts | None, seed: int, trip_id: str) -> float:
    """Delay in s of the vehicle that begins its duty with this trip; 0 without a delay."""
    if pull_outs is None or uniform("pull-out", seed, trip_id) >= pull_outs.late_share:
        return 0.0
    share = uniform("pull-out lasts", seed, trip_id)
    return lognormal_s(share, pull_outs.mean_s, pull_outs.standard_deviation_s)


def fails_after_km(failures: TrainFailures | None, seed: int, trip_id: str) -> float:
    """Distance in km from the first station of a trip to the failure of its train; beyond the trip there is no failure.

    Failures are a Poisson process over distance: a longer trip has more failures, and a part of a trip has the same
    failures as the whole trip.
    """
    if failures is None or failures.per_million_km == 0.0:
        return float("inf")
    return exponential_s(uniform("fails", seed, trip_id), KM_PER_MILLION / failures.per_million_km)
