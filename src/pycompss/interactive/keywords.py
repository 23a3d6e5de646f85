"""The keyword arguments of `start`: their types, and which settings of a run they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pycompss.runtime.start_keywords import SETTINGS

# What has a meaning that this release does not have; other keywords concern the JVM, or what happens by itself.
_LATER = frozenset(
    {
        "task_execution", "storage_impl", "storage_conf", "fpga_reprogram",
        "scheduler_config", "external_adaptation", "mpi_worker",
        "cache_profiler",
        "ear", "data_provenance", "checkpoint_policy", "checkpoint_params", "checkpoint_folder",
    }
)  # fmt: skip

_TYPES: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "bool": (bool,),
    "int": (int,),
    "float": (int, float),
    "None": (type(None),),
}


def changed(function: Callable[..., Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that differ from the function's defaults; raises TypeError for one of the wrong type."""
    defaults = dict(zip(arguments, function.__defaults__ or (), strict=True))
    for name, value in arguments.items():
        _check(name, value, function.__annotations__[name])
    return {name: value for name, value in arguments.items() if value != defaults[name]}


def _check(name: str, value: Any, annotation: str) -> None:
    """Annotations are texts such as `str | None`; a bool is no int here."""
    expected = tuple(kind for word in annotation.split(" | ") for kind in _TYPES[word])
    if not isinstance(value, expected) or (isinstance(value, bool) and bool not in expected):
        raise TypeError(f"start({name}={value!r}): expected {annotation.replace(' | ', ' or ')}")


def notes(given: Mapping[str, Any]) -> Iterator[str]:
    """What to say about arguments that have no effect."""
    return (f"{name}= is not available yet; the run goes on without it" for name in given if name in _LATER)


def flags(given: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """The arguments as settings, in the form of `config.build`."""
    found = {
        SETTINGS[name]: (f"{name}=", _text(value))
        for name, value in given.items()
        if name in SETTINGS and value is not None and value != "" and not _no_monitor(name, value)
    }
    if given.get("debug"):
        found["log_level"] = ("debug=", "debug")
    return found


def _no_monitor(name: str, value: Any) -> bool:
    return name == "monitor" and value <= 0


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
