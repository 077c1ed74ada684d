"""The installed distribution: the layers are ours, typed, and carry their data. Runs against the wheel too."""

from importlib.metadata import packages_distributions
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

import pytest

LAYERS = ("energy_models", "scenarios", "dispatch", "simulation", "api")


def foreign_owners() -> dict[str, set[str]]:
    """Other installed distributions that bring a top-level package with the name of one of our layers."""
    owners = packages_distributions()
    return {layer: others for layer in LAYERS if (others := set(owners.get(layer, ())) - {"headwatt"})}


def test_no_foreign_package_has_the_name_of_a_layer() -> None:
    assert foreign_owners() == {}


def test_a_foreign_package_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    metadata = tmp_path / "other-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: other\nVersion: 1.0\n", encoding="utf-8")
    (tmp_path / "api").mkdir()
    (tmp_path / "api" / "__init__.py").touch()
    (metadata / "RECORD").write_text("api/__init__.py,,\nother-1.0.dist-info/METADATA,,\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert foreign_owners() == {"api": {"other"}}


def test_all_layers_come_from_one_place() -> None:
    places = set()
    for layer in LAYERS:
        spec = find_spec(layer)
        assert spec is not None
        assert spec.origin is not None
        places.add(Path(spec.origin).parents[1])
    assert len(places) == 1


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_is_typed_and_has_a_description(layer: str) -> None:
    assert (files(layer) / "py.typed").is_file()
    source = (files(layer) / "__init__.py").read_text(encoding="utf-8")
    assert source.startswith('"""')


@pytest.mark.parametrize("line", ["beijing_yizhuang", "shanghai_line8", "tutorial_line"])
def test_the_bundled_lines_are_there(line: str) -> None:
    folder = files("scenarios") / "lines" / line
    assert any(file.name.endswith(".yaml") for file in folder.iterdir())
