"""Services that tasks may call: the `<Http>` and `<Service>` elements of resources.xml and project.xml."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from pycompss.deploy.hardware import number
from pycompss.deploy.xml import Element
from pycompss.runtime.config import ServiceSpec

_ADDRESS = {"Http": "BaseUrl", "Service": "wsdl"}  # the attribute that says where a service is


def services(project: Element | None, resources: Element | None) -> tuple[ServiceSpec, ...]:
    """Those that project.xml chooses among those of resources.xml; with one file alone, all of it.

    Raises ConfigurationError naming file, line and element.
    """
    existing = {_address(entry): entry for entry in _elements(resources)}
    used = existing if project is None else {_address(entry): entry for entry in _elements(project)}
    for address, entry in used.items():
        if resources is not None and address not in existing:
            raise entry.wrong(f"{address!r} is not in the resources; they have {', '.join(existing) or 'none'}")
    found = tuple(_service(address, existing.get(address, entry), entry) for address, entry in used.items())
    _refuse_same_names(used.values(), found)
    return found


def _elements(root: Element | None) -> list[Element]:
    return [] if root is None else [*root.all("Http"), *root.all("Service")]


def _address(entry: Element) -> str:
    address = entry.attribute(_ADDRESS[entry.tag])
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise entry.wrong(f"{_ADDRESS[entry.tag]}={address!r} is no address such as http://host:port")
    return address


def _service(address: str, entry: Element, used: Element) -> ServiceSpec:
    limit = number(used, "LimitOfTasks", int, least=-1)
    return ServiceSpec(
        address,
        entry.tag,
        tuple(name.text for tag in ("ServiceName", "Name") for name in entry.all(tag)),
        entry.text_of("Namespace") or "",
        entry.text_of("Port") or "",
        None if limit is None or limit < 0 else int(limit),
    )


def _refuse_same_names(entries: Iterable[Element], found: Iterable[ServiceSpec]) -> None:
    """A task says which service it calls by its name alone."""
    where: dict[str, str] = {}
    for entry, service in zip(entries, found, strict=True):
        for name in service.names:
            if where.setdefault(name.casefold(), service.address) != service.address:
                raise entry.wrong(f"has the service {name!r}, which {where[name.casefold()]} has, too")
