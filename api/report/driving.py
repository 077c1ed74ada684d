"""Speed profiles of each section, today and in the plan, above the track."""

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np

from api.plan_files.profile_table import SectionRun, nodes_with_regimes, section_runs
from api.report.chart import BASELINE, QUIET, WARNING, Chart, axis, chart, layout, packed, steps
from dispatch.plans.timetable import Timetable
from energy_models.arrays import FloatArray
from energy_models.driving.profile import DrivingProfile
from energy_models.running_times import ProfileLibrary
from energy_models.track import SectionTrack
from energy_models.train import Train
from scenarios.schema import DIRECTIONS, Scenario
from scenarios.values.build import section_tracks, train_of

_ARC_STEP_M, _ARC_STEP_M_S = 8.0, 0.5
REGIME_COLOURS = {
    "traction": "#e8590c",
    "partial traction": "#f59f00",
    "cruising": "#1971c2",
    "coasting": "#2b8a3e",
    "braking": "#c2255c",
}


def driving_charts(
    baseline: Timetable, plan: Timetable, library: ProfileLibrary, scenario: Scenario
) -> list[dict[str, Any]]:
    """For each section in each direction: its name, a sentence with times and energies, and the chart."""
    names = {station.id: station.name for station in scenario.stations}
    train = train_of(scenario)
    before = _most_frequent(section_runs(baseline, scenario))
    after = _most_frequent(section_runs(plan, scenario))
    found = []
    for direction in DIRECTIONS:
        for index, track in enumerate(section_tracks(scenario, direction, train)):
            key = (direction, index)
            if key not in before or key not in after:
                continue
            runs = (before[key], after[key])
            old, new = (
                library.profile(run.direction, run.section_index, run.running_time_s, run.passengers, run.driving)
                for run, _ in runs
            )
            run = after[key][0]
            found.append(
                {
                    "name": f"{names[run.from_station]} → {names[run.to_station]}",
                    "group": f"To {names[scenario.stations_in_order(direction)[-1].id]}",
                    "text": " ".join(
                        _words(name, profile, one, count)
                        for name, profile, (one, count) in zip(("Today", "Plan"), (old, new), runs, strict=True)
                    ),
                    "chart": _chart(track, library.train, old, new),
                }
            )
    return found


def _most_frequent(runs: Counter[SectionRun]) -> dict[tuple[str, int], tuple[SectionRun, int]]:
    """The most frequent way of running each section, with the mean load of its runs; among equals the shorter time."""
    ways: dict[tuple[object, ...], list[tuple[SectionRun, int]]] = {}
    for run, count in runs.items():
        ways.setdefault(run.key, []).append((run, count))
    by_way: dict[tuple[object, ...], tuple[SectionRun, int]] = {}
    for key, same in ways.items():
        total = sum(count for _, count in same)
        mean_load = sum(run.passengers * count for run, count in same) / total
        by_way[key] = (replace(same[0][0], passengers=mean_load), total)
    best: dict[tuple[str, int], tuple[SectionRun, int]] = {}
    for run, count in sorted(by_way.values(), key=lambda one: (-one[1], one[0].running_time_s)):
        best.setdefault((run.direction, run.section_index), (run, count))
    return best


def _words(name: str, profile: DrivingProfile, run: SectionRun, count: int) -> str:
    return (
        f"{name}: {run.running_time_s} s ({run.driving.replace('_', ' ')}, {count} runs a day this way), "
        f"for up to {profile.passengers:.0f} passengers, draws {profile.traction_energy_j / 3.6e6:.1f} kWh, "
        f"offers {profile.regeneration_energy_j / 3.6e6:.1f} kWh back at the collector."
    )


def _chart(track: SectionTrack, train: Train, old: DrivingProfile, new: DrivingProfile) -> Chart:
    limit_m, limit_kmh = steps(track.boundary_m.tolist(), (track.speed_limit_m_s * 3.6).tolist())
    slope_m, slope_permil = steps(track.boundary_m.tolist(), (track.slope * 1000.0).tolist())
    old_m, old_m_s = _where(old.distance_m, old.speed_m_s, np.ones(len(old.slope), dtype=bool))
    hover = "%{x:.0f} m · %{y:.1f} km/h"
    traces: list[dict[str, Any]] = [
        {"name": "speed limit", "x": limit_m, "y": limit_kmh, "line": {"color": WARNING, "width": 1.2, "dash": "dash"}},
        {"name": "today", "x": packed(old_m), "y": packed(old_m_s * 3.6), "line": {"color": BASELINE, "width": 2}},
    ]  # fmt: skip
    nodes, regimes = nodes_with_regimes(new, train, track)
    words = np.array(regimes)
    for regime, colour in REGIME_COLOURS.items():
        distance_m, speed_m_s = _where(nodes.distance_m, nodes.speed_m_s, words == regime)
        if len(distance_m):
            traces.append(
                {"name": f"plan: {regime}", "x": packed(distance_m), "y": packed(speed_m_s * 3.6),
                 "line": {"color": colour, "width": 2.6}}
            )  # fmt: skip
    for trace in traces:
        trace |= {"type": "scatter", "mode": "lines", "hovertemplate": hover}
    traces.append(
        {
            "type": "scatter", "mode": "lines", "name": "gradient", "showlegend": False, "yaxis": "y2",
            "x": slope_m, "y": slope_permil, "fill": "tozeroy", "line": {"color": QUIET, "width": 1},
            "fillcolor": "rgba(93,107,122,0.18)", "hovertemplate": "%{x:.0f} m · %{y:.1f} permil",
        }
    )  # fmt: skip
    return chart(
        traces,
        layout(
            480,
            xaxis=axis("distance from the station left, m", anchor="y2", range=[0, track.length_m]),
            yaxis=axis("speed, km/h", domain=[0.34, 1.0], rangemode="tozero"),
            yaxis2=axis("gradient, ‰", domain=[0.0, 0.24]),
            hovermode="closest",
        ),
    )


def _where(
    node_m: FloatArray, node_m_s: FloatArray, cells: np.ndarray[Any, Any]
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Distance and speed along the chosen cells, with a gap between cells that are not neighbours."""
    distance_m: list[float] = []
    speed_m_s: list[float] = []
    for cell in np.flatnonzero(cells):
        if distance_m and abs(distance_m[-1] - node_m[cell]) > 1e-6:
            distance_m.append(np.nan)
            speed_m_s.append(np.nan)
        if not distance_m or np.isnan(distance_m[-1]):
            distance_m.append(node_m[cell])
            speed_m_s.append(node_m_s[cell])
        # Within a cell v² is linear in distance, so long cells are drawn as curves.
        from_m, to_m = node_m[cell : cell + 2]
        from_v2, to_v2 = node_m_s[cell : cell + 2] ** 2
        steps_m, steps_m_s = (to_m - from_m) / _ARC_STEP_M, abs(to_v2**0.5 - from_v2**0.5) / _ARC_STEP_M_S
        for share in np.linspace(0.0, 1.0, 2 + int(steps_m + steps_m_s))[1:]:
            distance_m.append(from_m + share * (to_m - from_m))
            speed_m_s.append(np.sqrt(from_v2 + share * (to_v2 - from_v2)))
    return np.array(distance_m), np.array(speed_m_s)
