"""A task that no node can ever run: what it asks for, what there is, and what would help."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pycompss.core.resources import Node, Requirement
from pycompss.core.task import Definition
from pycompss.errors import UnschedulableTask
from pycompss.runtime.places import where_called

if TYPE_CHECKING:
    from pycompss.runtime.run import Run


def asker(definition: Definition) -> tuple[str, str]:
    """Name of the task, and the lines where it was declared and is called."""
    return definition.name, f"declared at  {definition.file}:{definition.line}\n    {where_called()}"


def check(run: Run, need: Requirement, name: str, places: str) -> None:
    """Raise UnschedulableTask if no node is large enough."""
    if run.core.can_ever_run(need):
        return
    best = run.core.best_node(need)
    raise UnschedulableTask(
        f"{name} asks for {need}; the largest node ({best.name}) has {_size(best, need)}\n    {places}\n"
        f"    Ask for at most that{_advice(run, best, need)}"
    )


def _size(node: Node, need: Requirement) -> str:
    memory = f" and {node.memory / 1e9:.3g} GB of memory" if node.memory is not None and need.memory else ""
    return f"{node.units} computing unit{'s' if node.units != 1 else ''}{memory}"


def _advice(run: Run, best: Node, need: Requirement) -> str:
    if run.config.project or run.config.resources:
        return ", or describe a larger node: --resources=FILE"
    if need.units <= best.units:
        return ", or describe a node with more memory: --resources=FILE"
    return f", or offer more: --cpus_per_node={need.units}"
