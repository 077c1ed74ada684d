"""What the tests of api share: a small real experiment."""

import pytest
from driven_experiment import driven_experiment

from simulation.experiment import PlanExperiment


@pytest.fixture(scope="session")
def experiment() -> PlanExperiment:
    """The tutorial line driven optimally instead of under a speed cap, judged on three days."""
    return driven_experiment()
