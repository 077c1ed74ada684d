"""Energy counters in the words of `headwatt calibrate`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.markup import escape
from rich.table import Table

from api.cli.console import print_json, stdout_console

if TYPE_CHECKING:
    from energy_models.calibration.counters import Agreement
    from energy_models.calibration.intervals import Interval
    from scenarios.schema import Scenario

_NOT_DETERMINED = (
    "Counters of some minutes do not determine mass, resistance, and the dependence of losses on force and speed; they "
    "keep the values of the scenario. A scale above 1 means more energy than the scenario's train in the same motion."
)


def counters_in_words(one: "Agreement") -> str:
    """The comparison of counters with voltage and current in one sentence."""
    words = f"{one.vehicle}: over {one.periods} periods, the counters show {one.taken:+.2%} of the energy taken and "
    words += f"{one.returned:+.2%} of the energy given back, against voltage and current"
    return f"{words}; both agree to 0.5 %." if one.agree else f"{words}. They do not agree: {one.drifted}."


def counters_as_json(one: "Agreement") -> dict[str, Any]:
    """The same for JSON."""
    return {
        "vehicle": one.vehicle, "periods": one.periods, "taken": one.taken, "returned": one.returned,
        "change": one.change, "agree": one.agree, "drifted": one.drifted,
    }  # fmt: skip


def counters_alone(
    file: Path, counters: Path | None, line: "Scenario", train_type: str | None, only: tuple[str, ...],
    energy_class: float, written: Path | None, json: bool,
) -> None:  # fmt: skip
    """Print what counters and motion give, by vehicle."""
    from scenarios.vehicles.from_counters import estimates  # noqa: PLC0415

    if counters is None:
        raise typer.BadParameter("--counters-alone needs --counters FILE.")
    if written is not None:
        raise typer.BadParameter("counters alone give no vehicle file and no plot: leave out --out and --plot.")
    found = estimates(file, counters, line, train_type=train_type, only=only, energy_class=energy_class)
    if json:
        print_json(
            {
                one.vehicle: {
                    "periods": one.estimate.periods,
                    "traction_scale": _numbers(one.estimate.traction_scale),
                    "auxiliary_w": _numbers(one.estimate.auxiliary_w),
                    "regeneration_scale": _numbers(one.estimate.regeneration_scale),
                    "not_estimated": one.estimate.reason,
                }
                for one in found
            }
        )
        return
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    for title in ("vehicle", "periods", "scale of traction", "auxiliaries", "scale of regeneration"):
        table.add_column(title, justify="left" if title == "vehicle" else "right")
    for one in found:
        e = one.estimate
        back = "" if e.regeneration_scale is None else _in_words(e.regeneration_scale, 1.0, 3)
        table.add_row(
            escape(one.vehicle), str(e.periods), _in_words(e.traction_scale, 1.0, 3),
            f"{_in_words(e.auxiliary_w, 1e3, 1)} kW", back or escape(e.reason),
        )  # fmt: skip
    console = stdout_console()
    console.print(table)
    console.print(_NOT_DETERMINED)


def _numbers(one: "Interval | None") -> dict[str, float] | None:
    return None if one is None else {"value": one.value, "lower": one.lower, "upper": one.upper}


def _in_words(one: "Interval", per: float, decimals: int) -> str:
    low, value, high = (f"{number / per:.{decimals}f}" for number in (one.lower, one.value, one.upper))
    return f"{value} ({low} to {high})"
