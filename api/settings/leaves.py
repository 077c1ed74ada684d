"""The single settings of the model: name, variable of the environment, description, type and default value."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from api.settings.model import Settings


@dataclass(frozen=True)
class Leaf:
    """A setting: its dotted name and its field in the model."""

    name: str
    field: FieldInfo

    @property
    def variable(self) -> str:
        """The variable of the environment."""
        return f"HEADWATT_{self.name.upper().replace('.', '_')}"

    @property
    def is_secret(self) -> bool:
        """Whether the value is never shown."""
        return self._has(SecretStr)

    @property
    def is_path(self) -> bool:
        """Whether a relative value in a file belongs to the folder of this file."""
        return self._has(Path)

    @property
    def is_composed(self) -> bool:
        """Whether the value is a list or a table."""
        return "tuple" in str(self.field.annotation) or "dict" in str(self.field.annotation)

    def _has(self, kind: type) -> bool:
        annotation = self.field.annotation
        return annotation is kind or any(one is kind for one in get_args(annotation))


def leaves(model: type[BaseModel] = Settings, before: str = "") -> Iterator[Leaf]:
    """Every setting, in the order of the model."""
    for name, field in model.model_fields.items():
        annotation = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield from leaves(annotation, f"{before}{name}.")
        else:
            yield Leaf(before + name, field)


def value_of(settings: Settings, name: str) -> Any:
    """The value of a setting by its dotted name."""
    found: Any = settings
    for part in name.split("."):
        found = getattr(found, part)
    return found


def shown(value: Any) -> str:
    """A value as text, in the form of the file; secrets are hidden."""
    match value:
        case None:
            return ""
        case SecretStr():
            return "********"
        case bool():
            return str(value).lower()
        case tuple() | list():
            return f"[{', '.join(_quoted(one) for one in value)}]"
        case dict():
            return "{" + ", ".join(f'"{name}" = {shown(one)}' for name, one in value.items()) + "}"
        case _:
            return str(value)


def _quoted(value: Any) -> str:
    return f'"{value}"'
