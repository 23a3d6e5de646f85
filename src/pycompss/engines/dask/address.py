"""The address of this machine as another one sees it."""

from __future__ import annotations

import socket


def own_address(other: str) -> str:
    """The address of this machine that the other one sees."""
    family, kind, number, _, address = socket.getaddrinfo(other, 9, type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, kind, number) as probe:
        probe.connect(address)  # sends nothing
        return str(probe.getsockname()[0])
