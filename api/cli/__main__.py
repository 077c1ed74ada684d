"""`python -m api.cli`: the `headwatt` command."""

from api.cli.main import run

run()
