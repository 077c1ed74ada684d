"""Wall and CPU seconds of the first plan on a machine and of a later one, stage by stage; and of each compiled kernel.

Run alone: python benchmarks/first_minutes.py [SCENARIO]. The first plan begins with empty caches of compiled code and
of driving profiles, in a folder of its own; the installation is not counted. CPU seconds tell more than wall seconds
where other programs run.
"""

import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import numba.core.event as numba_event

from dispatch.timing.kernel.compilation import compile_search
from energy_models.supply.compilation import compile_supply

HEADWATT = "from api.cli.main import run; run()"
SHOWN_KERNELS = 25


def planned(scenario: str, folder: Path, name: str) -> str:
    """Plan once, print its seconds, and return the hash of its timetable."""
    out = folder / name
    environment = os.environ | {"NUMBA_CACHE_DIR": str(folder / "numba"), "HEADWATT_CACHE": str(folder / "profiles")}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began_s = time.perf_counter()
    ran = subprocess.run(
        [sys.executable, "-c", HEADWATT, "plan", scenario, "--out", str(out), "--json"],
        env=environment, stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    wall_s = time.perf_counter() - began_s
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    result = json.loads(ran.stdout)
    stages = "  ".join(f"{stage} {seconds:.1f}" for stage, seconds in result["seconds"].items())
    print(f"{name:>6}: {wall_s:.1f} s wall, {cpu_s:.1f} s CPU, saving {result['saving_percent']:.2f} %")
    print(f"        {stages}")
    return hashlib.sha256((out / "timetable.csv").read_bytes()).hexdigest()


class Compilations(numba_event.Listener):  # type: ignore[misc]
    """CPU seconds of each compiled function without those of the functions compiled for it, and its specialisations."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.count: dict[str, int] = defaultdict(int)
        self._under_way: list[list[float]] = []

    def on_start(self, event: Any) -> None:
        """A compilation begins, perhaps within another one."""
        del event
        self._under_way.append([time.thread_time(), 0.0])

    def on_end(self, event: Any) -> None:
        """The innermost compilation ends."""
        began_s, inner_s = self._under_way.pop()
        whole_s = time.thread_time() - began_s
        if self._under_way:
            self._under_way[-1][1] += whole_s
        function = event.data["dispatcher"].py_func
        name = f"{function.__module__}.{function.__name__}"
        self.seconds[name] += whole_s - inner_s
        self.count[name] += 1


def compile_kernels() -> None:
    """Compile the kernels of search and supply, and print which of them take longest."""
    listener = Compilations()
    with numba_event.install_listener("numba:compile", listener):
        compile_search()
        compile_supply()
    print(f"{sum(listener.seconds.values()):.1f} s CPU for {sum(listener.count.values())} compilations")
    for name, seconds in sorted(listener.seconds.items(), key=lambda one: -one[1])[:SHOWN_KERNELS]:
        print(f"{seconds:8.2f}  {listener.count[name]:3d}  {name}")


def main() -> None:
    scenario = sys.argv[1] if len(sys.argv) > 1 else "beijing_yizhuang"
    with tempfile.TemporaryDirectory(prefix="headwatt-first-minutes-") as folder:
        same = planned(scenario, Path(folder), "first") == planned(scenario, Path(folder), "later")
        print(f"the timetables are {'the same' if same else 'NOT the same'}")
        environment = os.environ | {"NUMBA_CACHE_DIR": str(Path(folder) / "kernels")}
        subprocess.run([sys.executable, __file__, "--kernels"], env=environment, check=True)


if __name__ == "__main__":
    if sys.argv[1:] == ["--kernels"]:
        compile_kernels()
    else:
        main()
