"""The services that `@http` tasks call: where they are, and how many calls each takes at a time.

A service is found by its name among those that project.xml and resources.xml declare; a base URL in the place of a name
needs no declaration. A limit of calls is a resource of the first node, which tasks have for themselves while they run,
like a device: so that no call occupies a worker while it waits for its turn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pycompss.core.equipment import REQUESTS, Equipment, Processor
from pycompss.core.resources import Requirement
from pycompss.core.task import Definition
from pycompss.errors import PyCOMPSsException
from pycompss.runtime.places import where_called

if TYPE_CHECKING:
    from pycompss.runtime.config import ServiceSpec

    Services = Sequence[ServiceSpec]

HTTP = "http"  # the kind of a task, and the name of its decorator


def address(definition: Definition, services: Services) -> str:
    """The base URL of the service that the task calls.

    Raises:
        PyCOMPSsException: there is no service of that name; names those that there are.
    """
    name = definition.options[HTTP]["service_name"]
    service = _found(name, services)
    if service is not None:
        return service.address
    if "://" in name:
        return str(name)
    known = sorted(name for service in services if service.kind == "Http" for name in service.names)
    there = f"there are {', '.join(known)}" if known else "none is"
    raise PyCOMPSsException(
        f"task {definition.name} ({definition.file}:{definition.line}), @http(service_name={name!r}): no service of "
        f"that name is declared, {there}; declare it as <Http> in the files of --resources= and --project=, or write "
        f"its base URL, http://host:port ({where_called()})"
    )


def limited(need: Requirement, definition: Definition, services: Services) -> Requirement:
    """What the task asks for, one of the calls that its service takes among it."""
    if definition.launcher != HTTP or not services:
        return need
    service = _found(definition.options[HTTP]["service_name"], services)
    if service is None or service.limit_of_tasks is None:
        return need
    processors = (*need.processors, Processor(1, _calls_of(service)))
    return replace(need, equipment=replace(need.equipment or Equipment(), processors=processors))


def calls(services: Services, together: int) -> Iterator[Processor]:
    """What the node that makes the calls has of them: `together` in all, and those of each service."""
    yield Processor(together, REQUESTS)
    for service in services:
        if service.limit_of_tasks is not None:
            yield Processor(service.limit_of_tasks, _calls_of(service))


def _found(name: str, services: Services) -> ServiceSpec | None:
    wanted = name.casefold()
    return next((s for s in services if s.kind == "Http" and wanted in map(str.casefold, s.names)), None)


def _calls_of(service: ServiceSpec) -> str:
    return f"call of {service.address}"
