"""The CP-SAT solver as all of dispatch runs it: one worker and counted time, so that the answer is always the same."""

from ortools.sat.python import cp_model


def cp_solver(deterministic_time: float, seed: int = 0) -> cp_model.CpSolver:
    """A solver that stops after so much deterministic time."""
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = seed
    solver.parameters.max_deterministic_time = deterministic_time
    # Else it takes Ctrl-C for itself and leaves the process without a handler when it is done.
    solver.parameters.catch_sigint_signal = False
    return solver
