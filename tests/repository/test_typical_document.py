"""The page on plausible inputs lists the library of typical trains and supplies as it is."""

from pathlib import Path

from scenarios.typical.library import supplies, trains

COLUMNS = {
    "trains": ("tare_t", "length_m", "normal_passengers", "traction_power_kw", "maximum_speed_kmh",
               "acceleration_m_s2"),
    "supplies": ("no_load_v", "substation_resistance_ohm", "contact_line_ohm_per_km", "running_rail_ohm_per_km",
                 "spacing_m"),
}  # fmt: skip


def test_the_page_lists_each_type_with_value_and_range(root: Path) -> None:
    page = (root / "docs" / "plausibility.md").read_text(encoding="utf-8")
    for library, columns in ((trains(), COLUMNS["trains"]), (supplies(), COLUMNS["supplies"])):
        for kind in library.types.values():
            (row,) = [line for line in page.splitlines() if line.startswith(f"| `{kind.name}` |")]
            cells = [cell.strip() for cell in row.strip("|").split("|")]
            figures = [kind.figures[name] for name in columns]
            expected = [
                f"{one.value:g}" if one.low == one.high else f"{one.value:g} ({one.low:g} to {one.high:g})"
                for one in figures
            ]
            assert cells[2:] == expected
        for citation in library.sources.values():
            assert citation in page
