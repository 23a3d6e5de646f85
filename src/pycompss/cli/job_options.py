"""The option table of `enqueue_compss` and `pycompss job submit`: the fields of `deploy.batch.job.Job`, one row each.

What is no option here is one of the run; and those that are both, such as `--cpus_per_node`, are told to both.
"""

from __future__ import annotations

from dataclasses import Field
from typing import Any

from pycompss.cli.option import Option, Status, Value
from pycompss.deploy.batch import job

_STATUS = {job.WORKS: Status.WORKS, job.NEEDLESS: Status.NEEDLESS, job.LATER: Status.LATER}


def options() -> tuple[Option, ...]:
    """All rows, those of a group together."""
    rows = [_row(entry) for entry in job.options()]
    groups = list(dict.fromkeys(row.group for row in rows))
    return tuple(sorted(rows, key=lambda row: groups.index(row.group)))


def _row(entry: Field[Any]) -> Option:
    told = entry.metadata
    return Option(
        entry.name,
        _value(entry),
        told.get("shown", _default(entry.default)),
        told["says"],
        told["group"],
        bare=told.get("bare", "true"),
        status=_STATUS[told["status"]],
        calm=told.get("calm", ()),
        metavar=told["metavar"],
    )


def _value(entry: Field[Any]) -> Value:
    if entry.metadata["metavar"] == "BOOL":
        return Value.BOOLEAN
    return Value.OPTIONAL if "bare" in entry.metadata else Value.REQUIRED


def _default(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value in (None, ()) else str(value)
