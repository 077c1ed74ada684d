"""The planning options as options of a command: one parameter for each entry of the planner's list."""

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from dispatch.planner.options import OPTIONS, Option, number_of
from energy_models.faults import InputFaults

GIVEN = "given"
"""The parameter in which a command receives the values of the planning options, by name."""


def with_planning_options(command: Callable[..., None]) -> Callable[..., None]:
    """The command with all planning options, which it receives as the mapping `given`.

    The options stand where the parameter `given` of the command stands.
    """
    own = inspect.signature(command)
    parameters: list[inspect.Parameter] = []
    for parameter in own.parameters.values():
        parameters += [_parameter(option) for option in OPTIONS] if parameter.name == GIVEN else [parameter]
    names = {option.name for option in OPTIONS}

    @wraps(command)
    def wrapped(**values: Any) -> None:
        given = {name: value for name, value in values.items() if name in names}
        others = {name: value for name, value in values.items() if name not in names}
        command(**others, **{GIVEN: given})

    wrapped.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
    return wrapped


def plain_values(given: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the options that are no documents, by name."""
    return {option.name: given[option.name] for option in OPTIONS if not option.is_document}


def _parameter(option: Option) -> inspect.Parameter:
    kind: Any = option.kind if not option.is_document else str | None if option.is_name else Path | None
    settings: dict[str, Any] = {"help": option.help}
    default = None if option.is_document else option.default
    if option.words:
        kind, settings["parser"] = str, _parser(option)
        default = next(word for word, number in option.words.items() if number == option.default)
    elif option.least is not None:
        settings |= {"min": option.least, "max": option.most}
    if option.unit:
        settings["metavar"] = option.unit
    if option.default_text:
        settings["show_default"] = option.default_text
    return inspect.Parameter(
        option.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=default,
        annotation=Annotated[kind, typer.Option(option.flag, **settings)],
    )


def _parser(option: Option) -> Callable[[str], float]:
    def parse(text: str) -> float:
        try:
            return number_of(option, text)
        except InputFaults as refusal:
            [fault] = refusal.faults
            raise typer.BadParameter(f"{fault.value!r}; allowed: {fault.allowed}") from None

    return parse
