"""What an option of the command line is: its names, its value, what it sets, and whether its feature is here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any


class Value(Enum):
    """What may stand behind the `=` of an option."""

    NONE = "nothing"
    BOOLEAN = "a boolean"  # `--graph`, `--graph=false`
    OPTIONAL = "a value, or nothing"  # `--monitoring`, `--monitoring=500`
    REQUIRED = "a value"


class Status(Enum):
    """Whether an option does what it says."""

    WORKS = "works"
    LATER = "accepted, not available yet"
    NEEDLESS = "accepted, not needed here"  # concerns the JVM or what happens by itself


@dataclass(frozen=True, slots=True)
class Option:
    """One row of the option table.

    setting: the field of `Config` that it sets; None = none.
    bare: the text that the option stands for when nothing follows it.
    calm: values at which an option whose feature is missing asks for nothing, so that nothing need be said.
    choices: the values there are, for those that set nothing.
    """

    name: str
    value: Value
    default: str
    says: str
    group: str
    aliases: tuple[str, ...] = ()
    setting: str | None = None
    bare: str = "true"
    status: Status = Status.WORKS
    calm: tuple[str, ...] = ()
    metavar: str = "VALUE"

    @property
    def names(self) -> tuple[str, ...]:
        """Every way to write it, without a value."""
        return (*self.aliases, f"--{self.name}")

    @property
    def form(self) -> str:
        """How it is written, for usage and documentation: `-m, --monitoring[=MS]`."""
        tail = {
            Value.NONE: "",
            Value.BOOLEAN: "[=BOOL]",
            Value.OPTIONAL: f"[={self.metavar}]",
            Value.REQUIRED: f"={self.metavar}",
        }
        return ", ".join((*self.aliases, f"--{self.name}{tail[self.value]}"))


def flag(name: str, group: str, says: str, *aliases: str, **more: Any) -> Option:
    """An option that takes no value."""
    return Option(name, Value.NONE, "", says, group, aliases, **more)


def switch(name: str, group: str, says: str, *aliases: str, default: str = "false", **more: Any) -> Option:
    """One that is on or off."""
    return Option(name, Value.BOOLEAN, default, says, group, aliases, **more)


def value(name: str, group: str, metavar: str, default: str, says: str, *aliases: str, **more: Any) -> Option:
    """One that takes a value."""
    return Option(name, Value.REQUIRED, default, says, group, aliases, metavar=metavar, **more)


def perhaps(name: str, group: str, metavar: str, default: str, says: str, *aliases: str, **more: Any) -> Option:
    """One that takes a value, or stands alone."""
    return Option(name, Value.OPTIONAL, default, says, group, aliases, metavar=metavar, **more)


OFF = ("false", "0", "disabled", "", "null", "none", "NONE", "None")  # what asks for nothing
LATER: dict[str, Any] = {"status": Status.LATER, "calm": OFF}
NEEDLESS: dict[str, Any] = {"status": Status.NEEDLESS}
