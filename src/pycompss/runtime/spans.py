"""How many nodes a call takes: what its decorators, or the call itself, say.

`computing_nodes` is a number of `@multinode`, of the kind of task, or of `@task`, in this order; MPI tasks divide their
`processes` by `processes_per_node`. The call's own keyword comes before all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pycompss.core.task import Definition
from pycompss.runtime import kinds
from pycompss.runtime.places import where_called

if TYPE_CHECKING:
    from pycompss.runtime.binding import Bound

KEY = "computing_nodes"


def may_span(definition: Definition) -> bool:
    """Whether a call may take several nodes although it does not say so itself."""
    return definition.launcher in kinds.MPI or _declared(definition) != 1


def nodes(definition: Definition, bound: Bound) -> int:
    """How many nodes a call takes. Raises PyCOMPSsException for what is no number, or makes no sense."""
    given = bound.overrides.get(KEY)
    if definition.launcher in kinds.MPI:
        from pycompss.runtime import ranks  # noqa: PLC0415  (few programs need it)

        wanted = ranks.nodes(definition, bound, given, _declared(definition))
    else:
        wanted = kinds.count(definition, KEY, _declared(definition) if given is None else given)
    if wanted > 1 and definition.is_replicated:
        reason = f"is_replicated runs the task on every node by itself, so it cannot have {wanted} ({where_called()})"
        raise kinds.complaint(definition, "task", "is_replicated=True", reason)
    return wanted


def _declared(definition: Definition) -> Any:
    options = definition.options
    own = options.get("multinode", {}).get(KEY)
    return own if own is not None else options.get(definition.launcher, {}).get(KEY, definition.computing_nodes)
