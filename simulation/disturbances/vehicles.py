"""What befalls vehicles: doors that do not close, pull-outs that are late, trains that fail on their way."""

from scenarios.schema.disturbances import DoorFaults, LatePullOuts, TrainFailures
from simulation.disturbances.draws import exponential_s, lognormal_s, uniform

KM_PER_MILLION = 1e6


def door_fault_s(faults: DoorFaults | None, seed: int, trip_id: str, station: str) -> float:
    """Time in s that a door fault costs at one stop of a trip; 0 where there is none, which is nearly everywhere."""
    if faults is None or uniform("door", seed, trip_id, station) >= faults.per_1000_stops / 1000.0:
        return 0.0
    return lognormal_s(uniform("door lasts", seed, trip_id, station), faults.mean_s, faults.standard_deviation_s)


def late_pull_out_s(pull_outs: LatePullOuts | None, seed: int, trip_id: str) -> float:
    """By how many s the vehicle comes out late that begins its duty with that trip; 0 where it is in time."""
    if pull_outs is None or uniform("pull-out", seed, trip_id) >= pull_outs.late_share:
        return 0.0
    share = uniform("pull-out lasts", seed, trip_id)
    return lognormal_s(share, pull_outs.mean_s, pull_outs.standard_deviation_s)


def fails_after_km(failures: TrainFailures | None, seed: int, trip_id: str) -> float:
    """Distance in km from its first station at which the train of a trip fails; beyond the trip's length it does not.

    Failures are a Poisson process along the way, so that a longer trip fails more often and a prefix of it alike.
    """
    if failures is None or failures.per_million_km == 0.0:
        return float("inf")
    return exponential_s(uniform("fails", seed, trip_id), KM_PER_MILLION / failures.per_million_km)
