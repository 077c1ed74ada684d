"""Who may import whom: the contracts of import-linter, and a plainer rule that reads each file's import lines."""

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

LAYERS = ("energy_models", "scenarios", "dispatch", "simulation", "api")
ONLY_IN = {"ortools": "dispatch", "simpy": "simulation", "fastapi": "api", "starlette": "api", "typer": "api"}
# Rooms of dispatch that decide: neither the checker nor the judge may reach them.
DECIDING_ROOMS = (
    "planner",
    "headways",
    "explanation",
    "timing",
    "rostering",
    "energy",
    "cp_solver",
    "regulation.controllers",
    "regulation.energy",
    "regulation.kernel",
    "regulation.line_tables",
    "regulation.predict",
    "regulation.schedule",
    "regulation.source",
)
DECIDES = (*(f"dispatch.{room}" for room in DECIDING_ROOMS), "ortools")
# The judge uses plans as values; only one module runs whole experiments and may call the planner.
JUDGE_READS = ("dispatch.plans", "dispatch.regulation.interface")
EXPERIMENT = "simulation.experiment"
CHECKER = "dispatch.checker"


def modules(folder: Path) -> Iterator[tuple[str, str]]:
    """Dotted name and source of each module of the layers in `folder`."""
    for layer in LAYERS:
        for file in sorted((folder / layer).rglob("*.py")):
            parts = file.relative_to(folder).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), file.read_text(encoding="utf-8")


def imported(source: str) -> set[str]:
    """Dotted names that a module imports, wherever in the file; `from a import b` counts as a.b."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import: write the layer's name"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def breaches(name: str, source: str) -> list[str]:
    """What a module imports against the rules, in words."""
    layer = name.split(".", maxsplit=1)[0]
    found = []
    for target in sorted(imported(source)):
        top, _, rest = target.partition(".")
        room = rest.split(".")[0]
        if top in LAYERS and LAYERS.index(top) > LAYERS.index(layer):
            found.append(f"{name} imports {target}: {layer} lies below {top}")
        if top in ONLY_IN and layer != ONLY_IN[top]:
            found.append(f"{name} imports {target}: {top} belongs to {ONLY_IN[top]}")
        if layer == "simulation" and top == "dispatch" and name != EXPERIMENT and not target.startswith(JUDGE_READS):
            found.append(f"{name} imports {target}: the judge reads plans, it does not solve them")
        if name.startswith(CHECKER) and top == "dispatch" and room not in ("checker", "plans"):
            found.append(f"{name} imports {target}: the checker shares no code with the solvers")
    return found


def reached(start: list[str], sources: dict[str, str]) -> set[str]:
    """Every module, ours or not, that importing some modules brings in, directly or through others of ours."""
    seen: set[str] = set()
    waiting = list(start)
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            if name in sources:
                waiting += imported(sources[name])
            waiting += [name.rpartition(".")[0]] if "." in name else []
    return seen


def deciding(names: set[str]) -> set[str]:
    """Those of some modules that decide."""
    return {name for name in names if name.startswith(DECIDES)}


def test_checker_and_judge_never_reach_what_decides(root: Path) -> None:
    sources = dict(modules(root))
    checker = [name for name in sources if name.startswith(CHECKER)]
    judge = [name for name in sources if name.startswith("simulation") and name != EXPERIMENT]
    assert "dispatch.checker.check" in checker
    assert "simulation.judging.judge" in judge
    assert deciding(reached(checker, sources)) == set()
    assert deciding(reached(judge, sources)) == set()
    assert deciding(reached(["dispatch.planner.planner"], sources)) > {"dispatch.planner.planner"}, (
        "the search for it finds nothing"
    )


def test_every_module_keeps_the_rules(root: Path) -> None:
    assert [breach for name, source in modules(root) for breach in breaches(name, source)] == []


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("energy_models.train", "import scenarios"),
        ("scenarios.files.load", "from dispatch.plans.plan import Plan"),
        ("dispatch.plans.plan", "def late():\n    import simulation.day.model"),
        ("simulation.day.model", "from ortools.sat.python import cp_model"),
        ("api.jobs", "import simpy"),
        ("dispatch.checker.rules", "import fastapi"),
        ("simulation.day.model", "from dispatch.planner.planner import make_plan"),
        ("dispatch.checker.check", "from dispatch import rostering"),
    ],
)
def test_the_rule_notices(name: str, source: str) -> None:
    assert len(breaches(name, source)) == 1


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter on the packages of `folder`, which come before installed ones of the same name."""
    command = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.run(
        [sys.executable, "-c", command], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_import_linter_keeps_its_contracts(root: Path) -> None:
    run = lint_imports(root)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "0 broken" in run.stdout


DISPATCH_ROOMS = "dispatch: planner > headways, explanation, regulation > timing, rostering > energy > plans BROKEN"
KERNEL = "The compiled kernel has no trips and no scenario BROKEN"
CHECKER_ALONE = "The checker shares no code with the rooms that decide BROKEN"
DECIDERS = "Rooms that decide share no code with the checker; only the planner calls it BROKEN"
DAYS = "simulation: experiment > judging, virtual_line > runs > day > railway > disturbances BROKEN"
INTERFACE = "The interface of regulation contains values and protocols only BROKEN"
JUDGE = "The judge shares no code with the rooms that decide BROKEN"


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        (
            "scenarios/files/load.py",
            "import dispatch",
            "energy_models <- scenarios <- dispatch <- simulation <- api BROKEN",
        ),
        ("simulation/day/model.py", "import ortools", "Only dispatch imports ortools BROKEN"),
        ("api/cli/main.py", "import simpy", "Only simulation imports simpy BROKEN"),
        ("dispatch/plans/plan.py", "import fastapi", "Only api speaks HTTP and to the terminal BROKEN"),
        ("dispatch/plans/plan.py", "import dispatch.timing.limits", DISPATCH_ROOMS),
        ("dispatch/timing/task.py", "import dispatch.rostering.duties", DISPATCH_ROOMS),
        ("dispatch/timing/kernel/noise.py", "import dispatch.plans.timetable", KERNEL),
        ("dispatch/checker/case.py", "import dispatch.energy.phase_mean", CHECKER_ALONE),
        ("dispatch/timing/limits.py", "import dispatch.checker.check", DECIDERS),
        ("dispatch/timing/limits.py", "import dispatch.regulation.source", DISPATCH_ROOMS),
        ("dispatch/regulation/interface/advice.py", "import dispatch.regulation.source", INTERFACE),
        ("simulation/railway/railway.py", "import dispatch.regulation.schedule", JUDGE),
        ("simulation/day/model.py", "import dispatch.rostering.duties", JUDGE),
        ("simulation/railway/trains.py", "import simulation.runs.engine", DAYS),
    ],
)
def test_import_linter_notices(root: Path, tmp_path: Path, file: str, line: str, contract: str) -> None:
    """The same tree with empty modules, but for one import too many."""
    shutil.copy(root / "pyproject.toml", tmp_path)
    for layer in LAYERS:
        for module in (root / layer).rglob("*.py"):
            empty = tmp_path / module.relative_to(root)
            empty.parent.mkdir(parents=True, exist_ok=True)
            empty.touch()
    assert (tmp_path / file).exists()
    (tmp_path / file).write_text(line + "\n", encoding="utf-8")
    run = lint_imports(tmp_path)
    assert run.returncode == 1
    assert contract in " ".join(run.stdout.split())
