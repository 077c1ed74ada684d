"""The names of the controllers, in a module of its own: commands read them before anything else is imported."""

from typing import Literal

ControllerName = Literal["none", "hold", "even", "track", "energy"]
