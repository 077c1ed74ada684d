"""What the tests of the pages share: a small real experiment, and patience on a loaded machine."""

import pytest
from driven_experiment import driven_experiment
from playwright.sync_api import expect

from simulation.experiment import PlanExperiment

expect.set_options(timeout=60_000)


@pytest.fixture(scope="session")
def experiment() -> PlanExperiment:
    """The tutorial line driven optimally instead of under a speed cap, judged on three days."""
    return driven_experiment()
