"""A task that no node can ever run: what it asks for, what there is, and what would help."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pycompss.core.equipment import CPU, Shortfall, counted
from pycompss.core.resources import Node, Requirement
from pycompss.core.spanning import Span
from pycompss.core.task import Definition
from pycompss.errors import UnschedulableTask
from pycompss.runtime.places import readable, warn, where_called

if TYPE_CHECKING:
    from pycompss.runtime.run import Run


def asker(definition: Definition) -> tuple[str, str]:
    """Name of the task, and the lines where it was declared and is called."""
    declared = f"declared at  {readable(definition.file, definition.line)}"
    if definition.constraints:
        constraint = ", ".join(f"{key}={value!r}" for key, value in definition.constraints.items())
        declared += f"   @constraint({constraint})"
    return definition.name, f"{declared}\n    {where_called()}"


def check(run: Run, need: Requirement, name: str, places: str) -> None:
    """Raise UnschedulableTask if no node is large enough, or too few of them."""
    if run.core.can_ever_run(need):
        return
    if isinstance(need, Span):
        there = _of_the_nodes(run.core.nodes, need)
        advice = "Ask for at most that, or describe more or larger nodes: --resources=FILE"
        raise UnschedulableTask(f"{name} asks for {need}; {there}\n    {places}\n    {advice}")
    best = run.core.best_node(need)
    lacking = best.shortfalls(need)
    if all(entry.key in _SIZES for entry in lacking) and not need.devices:
        sentence = f"asks for {need}; the largest node ({best.name}) has {_size(best, need)}"
    else:
        asked, has = (" and ".join(map(tell, lacking)) for tell in (_asked, _has))
        sentence = f"asks for {asked}; the nearest node ({best.name}) has {has}"
    raise UnschedulableTask(f"{name} {sentence}\n    {places}\n    Ask for at most that{_advice(run, need, lacking)}")


def warn_of_wall_clock(run: Run, definition: Definition, seconds: float) -> None:
    """Say that the run may end before a task of this type does; `seconds`: how long that may take."""
    limit = run.config.wall_clock_limit
    if 0 < limit < seconds:
        warn(f"{definition.name} may take {seconds:g} s, but the run ends after {limit:g} s (wall_clock_limit)")


_SIZES = frozenset({"computing_units", "memory_size"})  # what a larger node has more of


def _of_the_nodes(nodes: Sequence[Node], need: Span) -> str:
    """How many nodes there are, and how many of them would do."""
    there = "there is one" if len(nodes) == 1 else f"there are {len(nodes)}"
    if need.nodes > len(nodes):
        return f"{there} ({_listed(nodes)})"
    able = [node for node in nodes if node.could_hold(need)]
    found = f"only {len(able)} could hold that ({_listed(able)})" if able else "none could hold that"
    others = [node for node in nodes if node not in able]
    return f"{there}, of which {found}; {others[0].name} has {_size(others[0], need)}"


def _listed(nodes: Sequence[Node]) -> str:
    names = [node.name for node in nodes[:_MOST_NAMES]]
    return ", ".join(names + ["…"] * (len(nodes) > _MOST_NAMES))


_MOST_NAMES = 8


def _size(node: Node, need: Requirement) -> str:
    memory = f" and {node.memory / 1e9:.3g} GB of memory" if node.memory is not None and need.memory else ""
    return f"{counted(node.units, CPU)}{memory}"


def _asked(entry: Shortfall) -> str:
    return entry.asked if entry.key in _COUNTED else f"{entry.key}={entry.asked}"


def _has(entry: Shortfall) -> str:
    return entry.has if entry.key in _COUNTED else f"{entry.key}={entry.has}"


_COUNTED = frozenset({"computing_units", "processor_type", "processors"})  # told as `2 GPUs`


def _advice(run: Run, need: Requirement, lacking: list[Shortfall]) -> str:
    if run.config.project or run.config.resources:
        return ", or describe a larger node: --resources=FILE"
    keys = {entry.key for entry in lacking}
    if keys == {"memory_size"}:
        return ", or describe a node with more memory: --resources=FILE"
    if not keys <= _COUNTED:
        return ", or describe a node that has it: --resources=FILE"
    is_short = need.units > max(node.units for node in run.core.nodes)
    flags = [f"--cpus_per_node={need.units * _parts(run)}"] if is_short else []
    flags += [f"--{kind.lower()}s_per_node={units}" for kind, units in need.devices.items() if kind in _OFFERED]
    return f", or offer more: {' '.join(flags)}" if flags else ", or describe a larger node: --resources=FILE"


def _parts(run: Run) -> int:
    """How many nodes share what is said of one: those that a machine plays."""
    config = run.config
    is_whole = len(config.nodes) > 1 or config.nodes[0].start or config.elasticity
    is_elsewhere = config.scheduler_file or config.scheduler_address
    return 1 if config.engine != "dask" or is_whole or is_elsewhere else max(1, config.agents)


_OFFERED = frozenset({"GPU", "FPGA"})  # kinds of devices whose number is a setting
