"""Whether a host name means this machine, and who logs in where if it does not."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator

from pycompss.deploy.xml import Element

_ALWAYS = frozenset({"localhost", "127.0.0.1", "::1", "localhost.localdomain"})


def is_this_machine(name: str) -> bool:
    """Whether `name` is ours, or resolves to a loopback address or one of our own."""
    if name in _ALWAYS or name in (socket.gethostname(), socket.gethostname().partition(".")[0]):
        return True
    return any(_is_own(address) for address in _addresses(name))


def _addresses(name: str) -> list[str]:
    try:
        return [str(info[4][0]) for info in socket.getaddrinfo(name, None)]
    except OSError:  # no such name
        return []


def _is_own(address: str) -> bool:
    """Whether one of our interfaces has the address: then, and only then, a socket can be bound to it."""
    if ipaddress.ip_address(address.partition("%")[0]).is_loopback:
        return True
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True


def users(node: Element) -> Iterator[Element]:
    """Who logs in: the elements that say it of a node, those of adaptors last."""
    yield from (user for user in node.all("User") if user.text)
    yield from (user for adaptor in _adaptors(node) for user in adaptor.all("User") if user.text)


def ports(node: Element) -> Iterator[Element]:
    """Where sshd listens, if not where it always does."""
    found = (ports for adaptor in _adaptors(node) for ports in adaptor.all("Ports"))
    yield from (port for ports in found for port in ports.all("SpawnerPort") if port.text)


def _adaptors(node: Element) -> Iterator[Element]:
    return (adaptor for adaptors in node.all("Adaptors") for adaptor in adaptors.all("Adaptor"))
