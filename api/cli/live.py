"""`headwatt live`: the process of a live line, incidents of a virtual line, and tables of running times."""

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from api.cli.config import Config
from api.cli.console import stderr_console
from dispatch.regulation.interface.regulator import ControllerName

HELP = (
    "Run a line live: positions, lateness, power, energy, advice and alarms, second by second.\n\n"
    "`headwatt live LINE` runs beside `headwatt serve` with the same data folder; the page of the service shows the "
    "line. Events of trains, records of recorders and meters of substations arrive by MQTT or by "
    "POST /v1/live/LINE/messages (docs/live.md). With --virtual, a simulated line sends them: a metro that nobody has, "
    "with passengers, dwell noise, incidents on request, and trains that follow the advice. Everything is recorded; a "
    "start after a crash continues where the line was. There is no path to signalling."
)
EPILOG = """\
[bold]Examples[/]

The whole loop on this machine, ten times as fast as the clock, then open http://127.0.0.1:8740:
[cyan]headwatt serve[/] in one terminal, and in another
[cyan]headwatt live beijing_yizhuang --virtual --speed 10[/]

The same with a plan (folder, or id of a plan of the service), and trains that follow 80 % of the advice after 3 s:
[cyan]headwatt live beijing_yizhuang --plan plans/beijing_yizhuang --virtual --obedience 0.8 --delay-s 3[/]

A real line, whose messages come from a broker:
[cyan]headwatt live my_line --plan plan-17 --broker mqtt://headwatt@broker:1883 --zone Asia/Shanghai[/]

Hold a train of the virtual line for three minutes:
[cyan]headwatt live incident beijing_yizhuang "hold train" --at six_car-03 --duration-s 180[/]
"""


class LiveGroup(TyperGroup):
    """Takes `headwatt live LINE` as `headwatt live run LINE`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Insert `run` before the name of a line."""
        if args and args[0] not in self.commands and args[0] not in ("--help", "--install-completion"):
            args = ["run", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(cls=LiveGroup, help=HELP, epilog=EPILOG, no_args_is_help=True)
LineName = Annotated[str, typer.Argument(help="Bundled line, or a scenario folder or file.", metavar="LINE")]
PlanName = Annotated[
    str | None,
    typer.Option(help="Plan folder, or id of a plan of the service.", show_default="today's timetable", metavar="PLAN"),
]
DataFolder = Annotated[
    Path | None,
    typer.Option(help="Data folder of the installation.", show_default="the user's state folder", metavar="DIR"),
]


@app.command(help=HELP, epilog=EPILOG)
def run(
    line: LineName,
    plan: PlanName = None,
    controller: Annotated[
        ControllerName, typer.Option(help="Who advises the trains: see docs/regulation.md.")
    ] = "energy",
    broker: Annotated[
        str | None,
        typer.Option(
            help="Broker: mqtt://HOST:PORT, mqtts:// with encryption; password in HEADWATT_MQTT_PASSWORD.",
            show_default="with --virtual: a mosquitto of its own if it is installed",
            metavar="URL",
        ),
    ] = None,
    zone: Annotated[str, typer.Option(help="Time zone of a real line, such as Asia/Shanghai.")] = "UTC",
    contract_kw: Annotated[
        float | None, typer.Option(min=1.0, help="Power of the supply contract, mean over 15 minutes.", metavar="KW")
    ] = None,
    virtual: Annotated[bool, typer.Option("--virtual", help="Simulate the line against the clock.")] = False,
    speed: Annotated[
        float, typer.Option(min=0.1, max=200.0, help="Virtual: line seconds for each second.", metavar="X")
    ] = 10.0,
    from_time: Annotated[
        str, typer.Option("--from", help="Virtual: begin of the simulation, HH:MM.", metavar="TIME")
    ] = "07:30",
    seed: Annotated[int, typer.Option(min=0, help="Virtual: the same seed gives the same noise.", metavar="N")] = 1,
    obedience: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Virtual: share of the advice that trains follow.", metavar="SHARE")
    ] = 1.0,
    delay_s: Annotated[
        float,
        typer.Option(min=0.0, max=120.0, help="Virtual: time from advice to train, in line seconds.", metavar="S"),
    ] = 2.0,
    service: Annotated[
        str | None,
        typer.Option(
            help="Virtual: send by HTTP to this service instead of MQTT (key in HEADWATT_KEY).",
            show_default="http://127.0.0.1:8740 if there is no broker",
            metavar="URL",
        ),
    ] = None,
    data: DataFolder = None,
    config: Config = None,
) -> None:
    """Run a line live."""
    import os  # noqa: PLC0415

    from api.live.broker_beside import mosquitto  # noqa: PLC0415
    from api.live.load import load_live_plan  # noqa: PLC0415
    from api.live.run import LiveSettings, run_live  # noqa: PLC0415
    from api.live.virtual import VirtualSettings  # noqa: PLC0415
    from api.logs import log_to_stderr  # noqa: PLC0415
    from api.services.installation import database_of, default_data_folder  # noqa: PLC0415
    from api.services.lines import prepare  # noqa: PLC0415
    from api.settings.read import read_settings  # noqa: PLC0415
    from api.state.migrate import require_current  # noqa: PLC0415

    settings = read_settings({"data": data}, config).settings
    log_to_stderr(settings.logs.form, settings.logs.level)
    console = stderr_console()
    folder = settings.data if settings.data is not None else default_data_folder()
    database = database_of(settings)
    require_current(database)
    prepare(database, folder, lambda text: console.print(text, markup=False))
    loaded = load_live_plan(line, plan, database, folder, contract_kw)
    simulated = None
    if virtual:
        has_broker = broker is not None or (service is None and mosquitto() is not None)
        plan_folder = None if loaded.folder is None else str(loaded.folder)
        simulated = VirtualSettings(
            loaded.scenario.name, line, plan_folder, _seconds_of(from_time), speed, seed,
            obedience, delay_s, "", broker, None if has_broker else service or "http://127.0.0.1:8740",
            os.environ.get("HEADWATT_KEY"),
        )  # fmt: skip
    what = "today's timetable" if loaded.facts is None else f"plan {loaded.facts.plan_id}"
    console.print(f"{loaded.scenario.title}: live with {what}, controller {controller} (Ctrl-C stops it)", markup=False)
    run_live(
        loaded, LiveSettings(controller, zone, broker, simulated), database, folder,
        lambda text: console.print(text, markup=False),
    )  # fmt: skip


@app.command()
def incident(
    line: LineName,
    kind: Annotated[
        str,
        typer.Argument(
            help="hold train, hold station, substation out, silent train, or silent meters.", metavar="KIND"
        ),
    ],
    at: Annotated[str, typer.Option(help="Train, station or substation.", metavar="ID")] = "",
    duration_s: Annotated[
        float, typer.Option(min=1.0, max=86_400.0, help="Duration in line seconds.", metavar="S")
    ] = 180.0,
    data: DataFolder = None,
    config: Config = None,
) -> None:
    """Let an incident happen on a virtual line that runs on this machine."""
    from api.live.incidents import INCIDENTS, faults_of  # noqa: PLC0415
    from api.services.installation import database_of, default_data_folder  # noqa: PLC0415
    from api.services.live import Live  # noqa: PLC0415
    from api.settings.read import read_settings  # noqa: PLC0415
    from energy_models.faults import Fault, InputFaults  # noqa: PLC0415

    if kind not in INCIDENTS:
        raise InputFaults([Fault("", "", "KIND", kind, f"one of {', '.join(INCIDENTS)}")])
    settings = read_settings({"data": data}, config).settings
    folder = settings.data if settings.data is not None else default_data_folder()
    live = Live(database_of(settings), folder)
    name = Path(line).stem
    faults = faults_of(kind, at, live.snapshot(name), live.timetable(name))
    if faults:
        raise InputFaults(faults)
    live.add_incident(name, kind, at, None, duration_s, "local")
    stderr_console().print(f"{kind} {at}: {duration_s:.0f} s from now", markup=False)


def _seconds_of(text: str) -> int:
    from energy_models.faults import Fault, InputFaults  # noqa: PLC0415

    hours, colon, minutes = text.partition(":")
    if not (colon and hours.isdigit() and minutes.isdigit() and int(hours) < 30 and int(minutes) < 60):
        raise InputFaults([Fault("", "", "--from", text, "a time such as 07:30")])
    return int(hours) * 3600 + int(minutes) * 60
