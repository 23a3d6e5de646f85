"""Usage of the command line, and the reference in `docs/cli.md`, out of the option table."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from itertools import groupby

from pycompss.cli.option import Option, Status
from pycompss.cli.options import OPTIONS

_INDENT = 36


def usage(command: str) -> str:
    """One paragraph: how `command` is called."""
    return f"Usage: {command} [options] application.py [application arguments]\n"


def options_text(table: Sequence[Option] = OPTIONS) -> str:
    """All options, by group, for a terminal of 100 columns."""
    groups = groupby(table, key=lambda option: option.group)
    return "\n".join(f"{group} options:\n{''.join(map(_entry, options))}" for group, options in groups)


def _entry(option: Option) -> str:
    form = f"  {option.form}"
    start = f"{form:<{_INDENT}}" if len(form) < _INDENT else f"{form}\n{'':{_INDENT}}"
    says = textwrap.fill(_described(option), 100, initial_indent=" " * _INDENT, subsequent_indent=" " * _INDENT)
    return f"{start}{says.lstrip()}\n"


def _described(option: Option) -> str:
    default = f" (default: {option.default})" if option.default else ""
    later = " [not available yet]" if option.status is Status.LATER else ""
    return f"{option.says}{default}{later}"


def markdown(table: Sequence[Option] = OPTIONS) -> str:
    """A table of the documentation, such as that of `docs/cli.md`."""
    groups = groupby(table, key=lambda option: option.group)
    return "\n".join(f"### {group}\n\n{_table(options)}" for group, options in groups)


def _table(options: Iterable[Option]) -> str:
    head = "| option | default | meaning | |\n|---|---|---|---|\n"
    return head + "".join(_row(option) for option in options)


def _row(option: Option) -> str:
    form = option.form.replace("|", "\\|")
    status = "" if option.status is Status.WORKS else option.status.value
    return f"| `{form}` | {option.default.replace('|', chr(92) + '|')} | {option.says} | {status} |\n"
