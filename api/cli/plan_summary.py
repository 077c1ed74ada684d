"""The summary of a plan for `headwatt plan` and `headwatt revise`."""

from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from api.cli.console import stdout_console

if TYPE_CHECKING:
    from api.result import PlanResult
    from scenarios.schema import Scenario


def print_result(result: "PlanResult", scenario: "Scenario", folder: Path) -> None:
    """Print the sentences of a plan, its folder, and the choices of headways if there are any."""
    from api.cli.trade_table import trade_table  # noqa: PLC0415
    from api.summary import sentences  # noqa: PLC0415

    console = stdout_console()
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for sentence in sentences(result, scenario.title, scenario.driving.baseline):
        table.add_row(sentence.heading, sentence.text)
    table.add_row("Written", f"{folder} (open {folder / 'report.html'} in a browser)")
    console.print(table)
    if result.pareto:
        console.print(trade_table(result))
