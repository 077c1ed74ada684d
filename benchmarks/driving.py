"""Speed and energy of optimal driving beside a sequential LP (scipy, HiGHS) and, where importable, CasADi with IPOPT.

    python benchmarks/driving.py                  # times on this machine, one core unless said
    python benchmarks/driving.py --cases FOLDER   # cases of the format driving-case-1 (default: ../shared/reference)

Writes nothing but the table. Kernels are compiled before anything is timed; the store of computed runs is off.
"""

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

os.environ["HEADWATT_CACHE"] = ""

from rich.console import Console
from rich.table import Table
from scipy.optimize import linprog
from scipy.sparse import coo_matrix

from energy_models.driving.course import Course, profile_along
from energy_models.driving.motion import fastest_in_time, running_time
from energy_models.driving.optimal import optimal
from energy_models.driving.runs import Courses
from energy_models.running_times import front, running_time_tables
from scenarios.files.load import load_scenario
from scenarios.reference_cases.driving import load_driving_case
from scenarios.values.build import section_tracks, train_of

DEFAULT_CASES = Path(__file__).resolve().parents[2] / "shared" / "reference" / "trajectory"


def sequential_lp(course: Course, running_time_s: float, rounds: int = 12) -> np.ndarray:  # noqa: PLR0912, PLR0915
    """Kinetic energies of the same discretised problem: limits and time linearised around the last LP's answer.

    Variables are the inner energies, traction, electric and friction brake of each cell; HiGHS solves each LP. The time
    is cut from below by all linearisations so far (it is convex in e), the limits that bend are taken anew.
    """
    v, n = course.vehicle, course.cell_m.size
    cell, train = course.cell_m, course.train
    energy = course.fastest_energy.copy()
    fastest_in_time(
        cell, course.grade, course.limit_energy, course.boundary_energy, v, running_time_s, 1e-6, energy
    )  # fmt: skip
    inner = n - 1
    cost = np.concatenate((np.zeros(inner), cell * v.traction_cost[0, 0], -cell * v.brake_value[0, 0], np.zeros(n)))
    cuts: list[tuple[np.ndarray, float]] = []
    for _ in range(rounds):
        speed = np.sqrt(2.0 * energy)
        both = speed[1:] + speed[:-1]
        slope = 1.0 / np.maximum(speed, 1e-6)
        by_node = np.zeros(n + 1)
        by_node[:-1] += -2.0 * cell / both**2 * slope[:-1]
        by_node[1:] += -2.0 * cell / both**2 * slope[1:]
        cuts.append((by_node[1:-1], running_time_s - running_time(cell, energy) + by_node[1:-1] @ energy[1:-1]))
        rows, columns, values, right = [], [], [], np.zeros(n)
        linear = v.resistance_a + v.resistance_b * 0.5 * both + course.grade
        bend = v.resistance_b * 0.25 * (slope[:-1] * energy[:-1] + slope[1:] * energy[1:])
        for i in range(n):
            right[i] = -(linear[i] - 2.0 * bend[i])
            for node, part in (
                (i, -1.0 / cell[i] + v.resistance_c + 0.5 * v.resistance_b * slope[i]),
                (i + 1, 1.0 / cell[i] + v.resistance_c + 0.5 * v.resistance_b * slope[i + 1]),
            ):
                if 0 < node < n:
                    rows.append(i)
                    columns.append(node - 1)
                    values.append(part)
                else:
                    right[i] -= part * energy[node]
            for offset, sign in ((0, -1.0), (n, 1.0), (2 * n, 1.0)):
                rows.append(i)
                columns.append(inner + offset + i)
                values.append(sign)
        equal = coo_matrix((values, (rows, columns)), shape=(n, inner + 3 * n)).tocsr()
        upper_rows, upper_columns, upper_values, upper_right = [], [], [], []

        def add(row: list[tuple[int, float]], most: float) -> None:
            index = len(upper_right)  # noqa: B023
            for column, value in row:
                upper_rows.append(index)  # noqa: B023
                upper_columns.append(column)  # noqa: B023
                upper_values.append(value)  # noqa: B023
            upper_right.append(most)  # noqa: B023

        for gradient, most in cuts:
            add([(j, float(value)) for j, value in enumerate(gradient)], most)
        for i in range(n):
            for curve, offset, node in ((train.traction, 0, i + 1), (train.electric_brake, n, i)):
                here, step = speed[node], 1e-4
                force = float(curve.at(here)) / v.inertia_kg
                fall = float(curve.at(here + step) - curve.at(max(here - step, 0.0))) / (2 * step) / v.inertia_kg
                by_energy = fall * slope[node] if 0 < node < n else 0.0
                row = [(inner + offset + i, 1.0)]
                if by_energy:
                    row.append((node - 1, -by_energy))
                add(row, force - by_energy * energy[node])
            for sign, most in ((1.0, v.acceleration), (-1.0, v.deceleration)):
                row, fixed = [], 0.0
                for node, part in ((i, -sign / cell[i]), (i + 1, sign / cell[i])):
                    if 0 < node < n:
                        row.append((node - 1, part))
                    else:
                        fixed += part * energy[node]
                add(row, most - fixed)
        upper = coo_matrix((upper_values, (upper_rows, upper_columns)), shape=(len(upper_right), inner + 3 * n)).tocsr()
        bounds = [(1e-3, limit) for limit in course.limit_energy[1:-1]] + [(0.0, None)] * (2 * n)
        bounds += [(0.0, v.friction)] * n
        answer = linprog(cost, upper, upper_right, equal, right, bounds, method="highs")
        if answer.status != 0:
            break
        moved = float(np.max(np.abs(answer.x[:inner] - energy[1:-1])))
        energy[1:-1] = answer.x[:inner]
        if abs(running_time(cell, energy) - running_time_s) < 1e-3 and moved < 0.5:
            break
    return energy


def casadi_ipopt() -> Callable[[Course, float], np.ndarray] | None:
    """The same discretised problem as a nonlinear programme, or None where CasADi is not installed."""
    try:
        import casadi  # noqa: PLC0415 - an optional extra
    except ImportError:
        return None

    def run(course: Course, running_time_s: float) -> np.ndarray:
        v, n, train = course.vehicle, course.cell_m.size, course.train
        opti = casadi.Opti()
        e, f, b, c = opti.variable(n + 1), opti.variable(n), opti.variable(n), opti.variable(n)
        speed = casadi.sqrt(2.0 * e)
        mean = 0.5 * (speed[1:] + speed[:-1])
        cell = casadi.DM(course.cell_m)
        opti.minimize(casadi.dot(cell, f) * v.traction_cost[0, 0] - casadi.dot(cell, b) * v.brake_value[0, 0])
        change = (e[1:] - e[:-1]) / cell
        resistance = v.resistance_a + v.resistance_b * mean + v.resistance_c * (e[1:] + e[:-1])
        opti.subject_to(change + resistance + casadi.DM(course.grade) == f - b - c)
        opti.subject_to(casadi.sum1(cell / mean) == running_time_s)
        opti.subject_to(e[0] == course.boundary_energy)
        opti.subject_to(e[n] == course.boundary_energy)
        opti.subject_to(opti.bounded(min(1e-3, course.boundary_energy), e, casadi.DM(course.limit_energy)))
        opti.subject_to(opti.bounded(0, f, float(v.traction[:, 0].max())))
        opti.subject_to(opti.bounded(0, b, float(v.electric_brake[:, 0].max())))
        opti.subject_to(opti.bounded(0, c, v.friction))
        opti.subject_to(f * speed[1:] <= min(train.traction.power_w / v.inertia_kg, 1e3))
        opti.subject_to(b * speed[:-1] <= min(train.electric_brake.power_w / v.inertia_kg, 1e3))
        opti.subject_to(opti.bounded(-v.deceleration, change, v.acceleration))
        opti.set_initial(e, course.fastest_energy * (course.minimum_time_s / running_time_s) ** 2 + 1e-3)
        opti.solver("ipopt", {"print_time": False}, {"print_level": 0, "sb": "yes"})
        return np.asarray(opti.solve().value(e))

    return run


def timed(work: Callable[[], np.ndarray]) -> tuple[np.ndarray, float]:
    begin = time.perf_counter()
    answer = work()
    return answer, time.perf_counter() - begin


def compare(files: list[Path], console: Console) -> None:
    ipopt = casadi_ipopt()
    table = Table(title="One running time on the same mesh: kWh (ms)", title_justify="left")
    for column in ("case", "time, s", "reference", "ours", "sequential LP, HiGHS", "CasADi, IPOPT", "LP / ours"):
        table.add_column(column, justify="right")
    ratios, own = [], []
    for file in files:
        case = load_driving_case(file)
        point = case.points[2 % len(case.points)]
        courses = Courses(case.to_track(), case.to_train(), 0.0, case.boundary_speed_m_s)
        course = courses.on("plain")
        begin = time.perf_counter()
        profile = optimal(
            case.to_track(), case.to_train(), 0.0, point.running_time_s, boundary_speed_m_s=case.boundary_speed_m_s
        )
        ours_s = time.perf_counter() - begin
        energy, lp_s = timed(lambda c=course, t=point.running_time_s: sequential_lp(c, t))
        cells = [f"{profile.net_energy_j / 3.6e6:.3f} ({1e3 * ours_s:.1f})"]
        cells.append(f"{profile_along(course, '', energy).net_energy_j / 3.6e6:.3f} ({1e3 * lp_s:.0f})")
        if ipopt is None:
            cells.append("not installed")
        else:
            answer, ipopt_s = timed(lambda c=course, t=point.running_time_s: ipopt(c, t))
            cells.append(f"{profile_along(course, '', answer).net_energy_j / 3.6e6:.3f} ({1e3 * ipopt_s:.0f})")
        ratios.append(lp_s / ours_s)
        own.append(ours_s)
        table.add_row(case.name, f"{point.running_time_s:.1f}", f"{point.energy_kwh:.3f}", *cells, f"{ratios[-1]:.0f}")
    console.print(table)
    if own:
        console.print(
            f"ours: median {1e3 * np.median(own):.1f} ms, longest {1e3 * max(own):.1f} ms; "
            f"sequential LP takes {np.median(ratios):.0f} times as long (median)"
        )


def line(console: Console, workers: int) -> None:
    scenario = load_scenario("beijing_yizhuang")
    train = train_of(scenario)
    sections = {direction: section_tracks(scenario, direction, train) for direction in ("up", "down")}
    fronts = []
    for index in range(len(sections["up"])):
        _, seconds = timed(lambda k=index: front(sections["up"][k], train, 800.0).objective_j)
        fronts.append(seconds)
    console.print(f"front of 20 points: median {1e3 * np.median(fronts):.0f} ms, longest {1e3 * max(fronts):.0f} ms")
    begin = time.perf_counter()
    tables = running_time_tables(sections, train, (0.0, 750.0, 1500.0), workers=workers)
    console.print(
        f"{len(tables)} tables (26 directed sections, 3 loads) on {workers} threads without the store: "
        f"{time.perf_counter() - begin:.2f} s"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=Path, default=DEFAULT_CASES)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    console = Console(width=140)
    begin = time.perf_counter()
    scenario = load_scenario("beijing_yizhuang")
    train = train_of(scenario)
    optimal(section_tracks(scenario, "up", train)[0], train, 0.0, 190.0)
    console.print(f"first run (kernels loaded, or compiled on a new machine): {time.perf_counter() - begin:.1f} s")
    line(console, asked.workers)
    compare(sorted(asked.cases.glob("*.json")) if asked.cases.is_dir() else [], console)


if __name__ == "__main__":
    main()
