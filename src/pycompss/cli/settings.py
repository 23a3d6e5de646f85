"""`pycompss config [options]`: every setting, its value, and where it came from."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from pycompss.cli import arguments
from pycompss.errors import ConfigurationError
from pycompss.runtime import config as configuration
from pycompss.runtime.config import Config

_USAGE = "Usage: pycompss config [options]\npycompss run --help tells the options.\n"


def show(words: Sequence[str]) -> int:
    """Print what a run with these options would be; returns the exit code."""
    try:
        line = arguments.parse(words)
        if "help" in line.given:
            sys.stdout.write(_USAGE)
            return 0
        config = configuration.build(line.flags)
    except (arguments.BadArgument, ConfigurationError) as error:
        sys.stderr.write(f"Bad argument: {getattr(error, 'message', error)}\n")
        return 1
    sys.stdout.write(text(config))
    return 0


def text(config: Config) -> str:
    """A line for each setting, then the nodes, then the file that was looked for."""
    names = [entry.name for entry in configuration.settings()]
    values = {name: _value(getattr(config, name)) for name in names}
    width = max(map(len, names))
    column = max(len(value) for value in values.values())
    lines = [f"{name:<{width}}  {values[name]:<{column}}  {config.origin(name)}" for name in names]
    lines += [f"node {node.name}: {node.told_units}, {_memory(node.memory_bytes)}" for node in config.nodes]
    lines += [f"service {' '.join(service.names)}: {service.address}" for service in config.services]
    return "\n".join([*lines, f"configuration file: {configuration.file_name(os.environ)}", ""])


def _value(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return os.pathsep.join(value) or "-"
    if isinstance(value, float):
        return f"{value:g}"
    return "-" if value is None else str(value)


def _memory(size: int | None) -> str:
    return "memory not limited" if size is None else f"{size / 1e9:.1f} GB of memory"


def reference() -> str:
    """The table of `docs/configuration.md`."""
    head = "| setting | environment | default | meaning |\n|---|---|---|---|\n"
    return head + "".join(
        f"| `{entry.name}` | `{configuration.PREFIX}{entry.name.upper()}` | {_default(entry.default)} | "
        f"{entry.metadata['says'].replace('|', chr(92) + '|')} |\n"
        for entry in configuration.settings()
    )


def _default(value: object) -> str:
    shown = _value(value)
    return "" if shown in ("", "-") else f"`{shown}`"
