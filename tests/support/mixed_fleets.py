"""The tutorial line with two train types, for the tests of mixed fleets."""

from scenarios.files.load import load_scenario
from scenarios.schema import Scenario

LINE = load_scenario("tutorial_line")


def mixed(
    *counts: int, heavy_t: float = 170, depots: tuple[str | None, ...] = (None, None), line: Scenario = LINE
) -> Scenario:
    """The line with so many of its own trains, and so many heavier ones behind them in the fleet."""
    own = line.train_types["four_car"]
    parts = tuple(
        line.fleet[0].model_copy(update={"train_type": name, "trainsets": count, "depot": depot})
        for name, count, depot in zip(("four_car", "heavy"), counts, depots, strict=True)
    )
    types = {"four_car": own, "heavy": own.model_copy(update={"tare_t": heavy_t})}
    return line.model_copy(update={"train_types": types, "fleet": parts})
