"""`headwatt live`: the process of a live line, incidents of a virtual line, and tables of running times."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from api.cli.config import Config
from api.cli.console import stderr_console
from api.cli.live_options import require_sensible
from api.cli.shared_options import JsonOutput
from dispatch.regulation.interface.controller_name import ControllerName

if TYPE_CHECKING:
    import subprocess

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

    default_command = "run"

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Insert `run` before the name of a line."""
        if args and args[0] not in self.commands and args[0] not in ("--help", "--install-completion"):
            args = [self.default_command, *args]
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
    gtfs_realtime: Annotated[
        list[str] | None,
        typer.Option(
            help="Address of a GTFS-Realtime feed of trip updates or vehicle positions; may be repeated. A key goes "
            "into HEADWATT_FEED_HEADER, such as 'x-api-key: 17'.",
            metavar="URL",
        ),
    ] = None,
    every: Annotated[
        float, typer.Option(min=0.5, max=600.0, help="Seconds between two requests to a feed.", metavar="S")
    ] = 5.0,
    zone: Annotated[str, typer.Option(help="Time zone of a real line, such as Asia/Shanghai.")] = "UTC",
    contract_kw: Annotated[
        float | None, typer.Option(min=1.0, help="Power of the supply contract, mean over 15 minutes.", metavar="KW")
    ] = None,
    virtual: Annotated[bool, typer.Option("--virtual", help="Simulate the line against the clock.")] = False,
    virtual_elsewhere: Annotated[
        bool, typer.Option("--virtual-elsewhere", hidden=True, help="The virtual line is another process.")
    ] = False,
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
    store: Annotated[
        Path | None,
        typer.Option(
            help="Telemetry store for the records of recorders, for `headwatt calibrate`; created if missing.",
            metavar="DIR",
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
    from api.live.virtual_settings import VirtualSettings  # noqa: PLC0415
    from api.logs import log_to_stderr  # noqa: PLC0415
    from api.services.installation import database_of, default_data_folder  # noqa: PLC0415
    from api.services.lines import prepare  # noqa: PLC0415
    from api.settings.read import read_settings  # noqa: PLC0415
    from api.state.migrate import require_current  # noqa: PLC0415

    require_sensible(broker, service, gtfs_realtime or (), zone)
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
            loaded.scenario.name, loaded.scenario_place or line, plan_folder, _seconds_of(from_time), speed, seed,
            obedience, delay_s, "", broker, None if has_broker else service or "http://127.0.0.1:8740",
            os.environ.get("HEADWATT_KEY"),
        )  # fmt: skip
    feeds = None
    if gtfs_realtime:
        # Only lines that need pandas wait for its import: a start is a recovery.
        from api.ingest.live_gtfs_realtime import GtfsRealtimeFeeds  # noqa: PLC0415

        feeds = GtfsRealtimeFeeds(tuple(gtfs_realtime), every, os.environ.get("HEADWATT_FEED_HEADER"))
    what = "today's timetable" if loaded.facts is None else f"plan {loaded.facts.plan_id}"
    console.print(f"{loaded.scenario.title}: live with {what}, controller {controller} (Ctrl-C stops it)", markup=False)
    run_live(
        loaded, LiveSettings(controller, zone, broker, simulated, virtual_elsewhere, feeds, store), database, folder,
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


@app.command()
def demo(
    line: LineName,
    plan_folder: Annotated[
        Path | None,
        typer.Option(help="Folder of `headwatt plan`; today's timetable runs if there is none.", metavar="DIR"),
    ] = None,
    controller: Annotated[ControllerName, typer.Option(help="Who advises the trains.")] = "energy",
    speed: Annotated[float, typer.Option(min=0.1, max=200.0, help="Line seconds for each second.", metavar="X")] = 10.0,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the service.")] = 8740,
    data: Annotated[
        Path | None,
        typer.Option(help="Data folder.", show_default="the user's state folder", metavar="DIR"),
    ] = None,
) -> None:
    """Start the service and a virtual line together; Ctrl-C stops both (`make live`)."""
    import signal  # noqa: PLC0415
    import sys  # noqa: PLC0415
    import time  # noqa: PLC0415

    from api.live.beside import start_beside  # noqa: PLC0415

    console = stderr_console()
    # SIGTERM ends both processes as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    has_plan = plan_folder is not None and (plan_folder / "timetable.csv").exists()
    if plan_folder is not None and not has_plan:
        console.print(
            f"There is no plan in {plan_folder} (`make plan` makes one): today's timetable runs.", markup=False
        )
    command = [sys.executable, "-m", "api.cli"]
    shared = [] if data is None else ["--data", str(data)]
    address = f"http://127.0.0.1:{port}"
    runs = [
        [*command, "serve", "--port", str(port), *shared],
        [
            *command, "live", line, "--virtual", "--speed", str(speed), "--controller", controller, *shared,
            *(["--plan", str(plan_folder)] if has_plan else []),
        ],
    ]  # fmt: skip
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for run_one in runs:
            processes.append(start_beside(run_one))
            time.sleep(1.0)
        console.print(f"The line is at {address}/v1/live/{Path(line).stem}, its page at {address} (Ctrl-C stops both)")
        while all(one.poll() is None for one in processes):
            time.sleep(0.2)
    except KeyboardInterrupt:
        console.print("Stopping.")
    finally:
        _stop(processes)


def _stop(processes: "list[subprocess.Popen[bytes]]") -> None:
    """End processes in the reverse order of their start."""
    import signal  # noqa: PLC0415
    import subprocess  # noqa: PLC0415

    for one in reversed(processes):
        if one.poll() is None:
            one.send_signal(signal.SIGTERM)
    for one in reversed(processes):
        try:
            one.wait(15.0)
        except subprocess.TimeoutExpired:
            one.kill()


@app.command()
def replay(
    line: LineName,
    plan: PlanName = None,
    controller: Annotated[ControllerName, typer.Option(help="Who advises: see docs/regulation.md.")] = "energy",
    from_time: Annotated[
        str | None, typer.Option("--from", help="Begin, HH:MM.", show_default="begin of the record", metavar="TIME")
    ] = None,
    to_time: Annotated[
        str | None, typer.Option("--to", help="End, HH:MM.", show_default="end of the record", metavar="TIME")
    ] = None,
    json: JsonOutput = False,
    data: DataFolder = None,
    config: Config = None,
) -> None:
    """Take the newest recorded day of a line through the core again, and measure a time of it."""
    from api.cli.console import print_json, stdout_console  # noqa: PLC0415
    from api.live.live_line import LiveLine  # noqa: PLC0415
    from api.live.load import load_live_plan  # noqa: PLC0415
    from api.live.place import LivePlace  # noqa: PLC0415
    from api.live.record import recorded  # noqa: PLC0415
    from api.live.replay import newest_run  # noqa: PLC0415
    from api.live.replay import replay as take_again  # noqa: PLC0415
    from api.services.installation import database_of, default_data_folder  # noqa: PLC0415
    from api.settings.read import read_settings  # noqa: PLC0415
    from dispatch.regulation.controllers import regulators_named  # noqa: PLC0415
    from energy_models.faults import Fault, InputFaults  # noqa: PLC0415

    settings = read_settings({"data": data}, config).settings
    folder = settings.data if settings.data is not None else default_data_folder()
    loaded = load_live_plan(line, plan, database_of(settings), folder)
    lines = newest_run(recorded(LivePlace(folder, loaded.scenario.name).record, 0, 0))
    if not lines:
        raise InputFaults([Fault("", "", "LINE", line, "a line with a record: run `headwatt live` before")])
    factory = regulators_named(controller, loaded.scenario, loaded.stock)
    core = LiveLine(loaded, None if factory is None else factory.for_day(loaded.timetable), controller)
    from_s = float(lines[0]["now_s"]) if from_time is None else float(_seconds_of(from_time))
    to_s = float(lines[-1]["now_s"]) if to_time is None else float(_seconds_of(to_time))
    found = take_again(core, lines, from_s, to_s).rows()
    if json:
        print_json(found)
        return
    console = stdout_console()
    for name, value in found.items():
        shown = ", ".join(f"{key}: {one}" for key, one in value.items()) if isinstance(value, dict) else value
        console.print(f"{name.replace('_', ' ')}: {shown if shown not in (None, '') else 'none'}", markup=False)


@app.command()
def table(
    line: LineName,
    out: Annotated[Path, typer.Option(help="File of the table (CSV).", metavar="FILE")],
    plan: PlanName = None,
    controller: Annotated[ControllerName, typer.Option(help="Whose running times: see docs/regulation.md.")] = "energy",
    latest_s: Annotated[
        int, typer.Option(min=0, max=600, help="Latest departure after the schedule, in s.", metavar="S")
    ] = 60,
    data: DataFolder = None,
    config: Config = None,
) -> None:
    """Write the running time for each second of departure, for trains or systems without a link."""
    import csv  # noqa: PLC0415

    from api.cli.targets import require_writable  # noqa: PLC0415
    from api.live.load import load_live_plan  # noqa: PLC0415
    from api.live.running_time_table import HEADER, running_times  # noqa: PLC0415
    from api.services.installation import database_of, default_data_folder  # noqa: PLC0415
    from api.settings.read import read_settings  # noqa: PLC0415
    from dispatch.regulation.controllers import regulators_named  # noqa: PLC0415
    from energy_models.faults import Fault, InputFaults  # noqa: PLC0415

    require_writable({"--out": out})
    settings = read_settings({"data": data}, config).settings
    folder = settings.data if settings.data is not None else default_data_folder()
    loaded = load_live_plan(line, plan, database_of(settings), folder)
    factory = regulators_named(controller, loaded.scenario, loaded.stock)
    if factory is None:
        raise InputFaults([Fault("", "", "--controller", controller, "hold, even, track or energy")])
    count = 0
    with out.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(HEADER)
        for one in running_times(loaded, factory.for_day(loaded.timetable), latest_s):
            writer.writerow((one.trip_id, one.station_id, one.from_departure_s, one.running_time_s))
            count += 1
    stderr_console().print(f"{out}: {count:,} rows", markup=False)


def _seconds_of(text: str) -> int:
    from energy_models.faults import Fault, InputFaults  # noqa: PLC0415

    hours, colon, minutes = text.partition(":")
    if not (colon and hours.isdigit() and minutes.isdigit() and int(hours) < 30 and int(minutes) < 60):
        raise InputFaults([Fault("", "", "--from", text, "a time such as 07:30")])
    return int(hours) * 3600 + int(minutes) * 60
