"""Driving: what must hold for every section, train and running time."""

import numpy as np
from examples import examples
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from energy_models.driving.checks import faults_of
from energy_models.driving.flat_out import flat_out
from energy_models.driving.optimal import optimal
from energy_models.driving.reintegration import reintegrate
from energy_models.driving.speed_cap import speed_cap
from energy_models.faults import Infeasible
from energy_models.track import SectionTrack
from energy_models.train import Efficiency, ForceCurve, Train

FULL, PASSENGER_KG = 1500, 60.0


@st.composite
def tracks(draw: st.DrawFn) -> SectionTrack:
    lengths = draw(st.lists(st.floats(40.0, 900.0), min_size=1, max_size=6))
    assume(sum(lengths) > 300.0)
    count = len(lengths)
    limits = draw(st.lists(st.floats(8.0, 25.0), min_size=count, max_size=count))
    slopes = draw(st.lists(st.floats(-0.035, 0.035), min_size=count, max_size=count))
    return SectionTrack(
        "drawn", np.concatenate(([0.0], np.cumsum(lengths))), np.array(limits), np.array(slopes), np.zeros(count)
    )


@st.composite
def trains(draw: st.DrawFn) -> Train:
    mass = draw(st.floats(120e3, 400e3))
    effort = mass * draw(st.floats(0.7, 1.3))
    # Brakes that hold a full train on the steepest descent (0.35 m/s2), with a reserve; other trains are reported.
    brake = (mass + FULL * PASSENGER_KG) * draw(st.floats(0.5, 1.1))
    power = mass * draw(st.floats(6.0, 16.0))
    return Train(
        tare_kg=mass,
        rotating_mass_kg=0.06 * mass,
        passenger_kg=PASSENGER_KG,
        capacity_normal=1000,
        capacity_crush=FULL,
        length_m=100.0,
        maximum_speed_m_s=22.0,
        maximum_acceleration_m_s2=draw(st.sampled_from([1.0, np.inf])),
        maximum_deceleration_m_s2=draw(st.sampled_from([1.0, np.inf])),
        resistance_n=(0.012 * mass, 0.0008 * mass, 0.00003 * mass),
        traction=ForceCurve(np.array([0.0, 10.0, 25.0]), effort * np.array([1.0, 1.0, 0.5]), power),
        electric_brake=ForceCurve(np.array([0.0, 14.0, 25.0]), brake * draw(st.sampled_from([0.0, 1.0]))
                                  * np.array([1.0, 1.0, 0.4])),
        friction_brake_force_n=brake,
        service_brake_force_n=draw(st.sampled_from([brake, np.inf])),
        traction_efficiency=Efficiency.constant(draw(st.floats(0.7, 0.95))),
        regeneration_efficiency=Efficiency.constant(draw(st.floats(0.6, 0.95))),
    )  # fmt: skip


@settings(max_examples=examples(60))
@given(track=tracks(), train=trains(), slower=st.floats(1.01, 1.6), load=st.floats(0.0, FULL))
def test_every_run_keeps_time_limits_forces_and_balance(
    track: SectionTrack, train: Train, slower: float, load: float
) -> None:
    assert faults_of(track, train, load) == ()
    fastest = flat_out(track, train, load)
    running_time_s = slower * fastest.running_time_s
    best = optimal(track, train, load, running_time_s)
    runs = [fastest, best]
    try:
        capped = speed_cap(track, train, load, running_time_s)
        runs.append(capped)
        tolerance_j = 2e-3 * max(capped.traction_energy_j, capped.regeneration_energy_j)
        assert best.net_energy_j <= capped.net_energy_j + tolerance_j
    except Infeasible:
        pass  # no cap passes a hill that slowly; the optimum may
    for run in runs[1:]:
        assert abs(run.running_time_s - running_time_s) < 1e-3
    for run in runs:
        segment = np.clip(np.searchsorted(track.boundary_m, run.distance_m[:-1] + 1e-6, side="right") - 1, 0, None)
        limit = np.minimum(track.speed_limit_m_s, train.maximum_speed_m_s)[segment]
        assert np.all(run.speed_m_s[:-1] <= limit + 1e-6)
        assert np.all(run.speed_m_s[1:] <= limit + 1e-6)
        assert np.all(run.traction_force_n <= train.traction.at(run.speed_m_s[1:]) * (1 + 1e-5) + 1.0)
        brake = run.electric_brake_force_n + run.friction_brake_force_n
        most = np.minimum(
            train.electric_brake.at(run.speed_m_s[:-1]) + train.friction_brake_force_n, train.service_brake_force_n
        )
        assert np.all(brake <= most * 1.001 + 1.0)
        again = reintegrate(run, train)
        assert abs(again.balance_residual_share) < 1e-3
        assert abs(again.running_time_s - run.running_time_s) < 0.1


@settings(max_examples=examples(25))
@given(track=tracks(), train=trains(), credit=st.floats(0.0, 1.0))
def test_more_time_never_costs_more(track: SectionTrack, train: Train, credit: float) -> None:
    shortest_s = flat_out(track, train, 0.0).running_time_s
    ratios = (1.02, 1.1, 1.2, 1.4)
    runs = [optimal(track, train, 0.0, ratio * shortest_s, regeneration_credit=credit) for ratio in ratios]
    objective_j = np.array([run.traction_energy_j - credit * run.regeneration_energy_j for run in runs])
    drawn_j = max(run.traction_energy_j for run in runs)
    assert np.all(np.diff(objective_j) <= 2e-3 * drawn_j)
