"""The studies of the documentation: every sweep file can be read, and its page shows its commands and its figures."""

import re
from pathlib import Path

import pytest

from scenarios.requests.sweep import read_sweep

ROOT = Path(__file__).resolve().parents[2]
STUDIES = sorted((ROOT / "docs" / "studies").glob("*.yaml"))


def test_there_are_four_studies() -> None:
    assert [file.stem for file in STUDIES] == ["dwell_noise", "hot_summer_day", "new_train", "storage"]


@pytest.mark.many_cases
@pytest.mark.parametrize("file", STUDIES, ids=lambda file: file.stem)
def test_a_study_can_be_read_and_is_reported(file: Path) -> None:
    sweep = read_sweep(file)
    assert len({case.scenario.hash for case in sweep.cases}) == len(sweep.cases), "levels that change nothing"
    page = (ROOT / "docs" / "studies.md").read_text(encoding="utf-8")
    assert f"headwatt sweep docs/studies/{file.name}" in page
    pictures = re.findall(r"!\[[^]]+\]\((images/studies/" + file.stem + r"_[a-z_0-9]+\.svg)\)", page)
    assert pictures
    assert [name for name in pictures if not (ROOT / "docs" / name).is_file()] == []
