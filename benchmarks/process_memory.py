"""Memory of a process and its descendants, for the benchmarks: own memory plus their share of common memory (Linux)."""

from pathlib import Path


def tree_kilobytes(pid: int) -> int:
    """Proportional set size of a process and all its descendants together, in kB."""
    return sum(map(_kilobytes, _tree(pid)))


def _tree(pid: int) -> list[int]:
    found = [pid]
    for one in found:
        try:
            for task in Path(f"/proc/{one}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
        except OSError:
            continue
    return found


def _kilobytes(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
