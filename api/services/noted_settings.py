"""Changes of the settings in the audit log: each start of the service compares them with those of the start before."""

from pydantic import SecretStr

from api.settings.leaves import leaves, shown, value_of
from api.settings.model import Settings
from api.state.audit import Change, note
from api.state.database import Database
from api.state.lines import change_setting, setting

_NOTED = "noted_settings"
BY = "service start"
"""The user of such an entry: whoever can write the file or the environment of the service."""


def note_settings(database: Database, settings: Settings) -> None:
    """Add an entry with each setting that changed since the start before; of a secret only whether it is set."""
    present = {leaf.name: _noted(value_of(settings, leaf.name)) for leaf in leaves()}
    with database.writing() as session:
        before = setting(session, _NOTED)
        known = before if isinstance(before, dict) else {}
        changed = [name for name in sorted({*known, *present}) if known.get(name) != present.get(name)]
        if not changed:
            return
        change_setting(session, _NOTED, present, BY)
        earlier = {name: known.get(name) for name in changed} if known else None
        note(
            session,
            Change(
                "settings.changed", "installation", "", None, earlier, {name: present.get(name) for name in changed}
            ),
            BY,
        )


def _noted(value: object) -> str:
    if isinstance(value, SecretStr):
        return "set"
    return shown(value)
