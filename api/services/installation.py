"""An installation: its data folder, its database, and the services on them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from platformdirs import user_state_path

from api.access.oidc import Provider, Tokens
from api.access.sessions import Lifetimes
from api.access.signing_keys import SigningKeys
from api.jobs.port import Limits
from api.jobs.stored_jobs import StoredJobs
from api.services.access import Access
from api.services.approvals import Approvals
from api.services.audit import Audit
from api.services.changes import Changes
from api.services.figures import Figures
from api.services.fleet import Fleet
from api.services.health import Health
from api.services.jobs import JobList
from api.services.lines import Lines, prepare
from api.services.live import Live
from api.services.order_check import OrderCheck
from api.services.plans import Plans
from api.services.scenarios import Scenarios
from api.services.sessions import Sessions
from api.services.studies import Studies
from api.services.telemetry_log import TelemetryLog
from api.settings.model import LimitSettings, Settings
from api.state.database import SETTING, Database, open_database
from api.state.files import FileStore
from api.state.lines import TELEMETRY_SETTING, change_setting
from api.state.migrate import require_current


@dataclass(frozen=True)
class Installation:
    """The services of an installation in the process that answers requests."""

    data: Path
    database: Database
    check: OrderCheck
    plans: Plans
    approvals: Approvals
    lines: Lines
    jobs: JobList
    studies: Studies
    scenarios: Scenarios
    changes: Changes
    health: Health
    access: Access
    audit: Audit
    limits: LimitSettings
    telemetry_log: TelemetryLog
    sessions: Sessions
    figures: Figures
    live: Live
    fleet: Fleet

    def prepare(self, told: Callable[[str], None]) -> None:
        """Make or check the tables, register the bundled scenarios, and import an earlier folder of jobs.

        Raises `InputFaults` for a database of another version. `told` gets the lines of the report of the import.
        """
        require_current(self.database)
        prepare(self.database, self.data, told)

    def use_telemetry(self, folder: Path) -> None:
        """Let jobs read the telemetry store in a folder, which all workers must see under the same path."""
        with self.database.writing() as session:
            change_setting(session, TELEMETRY_SETTING, str(folder.resolve()), "headwatt")

    def close(self) -> None:
        """End the check of orders, write what the audit log still needs, and close the database."""
        self.telemetry_log.write_all()
        self.check.stop()
        self.database.close()


def default_data_folder() -> Path:
    """The data folder of an installation that was not given one: the user's state folder."""
    return user_state_path("headwatt", appauthor=False)


def open_installation(data: Path, limits: Limits | None = None, lifetimes: Lifetimes | None = None) -> Installation:
    """The installation of a data folder. Raises `InputFaults` for a wrong address of the database."""
    database = open_database(data)
    return _installation(data, database, limits or Limits(), LimitSettings(), lifetimes or Lifetimes())


def open_with(settings: Settings) -> Installation:
    """The installation that settings describe. Raises `InputFaults` for a wrong address of the database."""
    data = settings.data if settings.data is not None else default_data_folder()
    times = settings.sessions
    lifetimes = Lifetimes(
        timedelta(minutes=times.idle_minutes),
        timedelta(hours=times.longest_hours),
        timedelta(minutes=times.link_minutes),
    )
    return _installation(
        data, database_of(settings), settings.limits.largest(), settings.limits, lifetimes, _tokens_of(settings)
    )


def _tokens_of(settings: Settings) -> Tokens | None:
    oidc = settings.oidc
    if oidc.issuer is None or oidc.audience is None:
        return None
    provider = Provider(oidc.issuer, oidc.audience, oidc.user_claim, oidc.roles_claim, oidc.roles)
    return Tokens(provider, SigningKeys(oidc.issuer))


def database_of(settings: Settings) -> Database:
    """The database of settings. Raises `InputFaults` for a wrong address."""
    address = settings.database.get_secret_value() if settings.database is not None else ""
    return open_database(settings.data if settings.data is not None else default_data_folder(), {SETTING: address})


def _installation(
    data: Path,
    database: Database,
    limits: Limits,
    limit_settings: LimitSettings,
    lifetimes: Lifetimes,
    tokens: Tokens | None = None,
) -> Installation:
    check = OrderCheck(database.url, data)
    files, jobs = FileStore(data), StoredJobs()
    plans = Plans(database, files, jobs, check, limits)
    job_list = JobList(database, files, jobs)
    return Installation(
        data,
        database,
        check,
        plans,
        Approvals(plans),
        Lines(database),
        job_list,
        Studies(plans, job_list, files, jobs, lambda _line: limits),
        Scenarios(database, files, check),
        Changes(database),
        Health(database, data),
        Access(database, tokens),
        Audit(database),
        limit_settings,
        TelemetryLog(database),
        Sessions(database, lifetimes),
        Figures(database),
        Live(database, data),
        Fleet(database),
    )
