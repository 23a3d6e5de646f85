"""Connections that are kept open, one for each server.

A connection belongs to whoever has taken it, and comes back only after a whole answer was read; whatever interrupts
the exchange (an error, a time-out, a cancellation) closes it. So an answer never meets the wrong request.
"""

from __future__ import annotations

import contextlib
import select
from collections.abc import Iterator
from functools import cache
from http.client import HTTPConnection, HTTPSConnection
from typing import TYPE_CHECKING, Any, Final

from pycompss.worker.web.origins import Origin, Proxy

if TYPE_CHECKING:
    from ssl import SSLContext

CONNECTING: Final = 30.0  # seconds
SILENCE: Final = 600.0  # seconds without a sign of the server; services may compute for long
MOST: Final = 8  # connections that are kept

_kept: dict[tuple[Origin, Proxy | None], HTTPConnection] = {}  # least recently used first


@contextlib.contextmanager
def connection(origin: Origin, proxy: Proxy | None) -> Iterator[HTTPConnection]:
    """A connection to the server, by way of the proxy. Raises OSError if there is none."""
    found = _kept.pop((origin, proxy), None)
    if found is not None and _is_stale(found):
        found.close()
        found = None
    found = found or _new(origin, proxy)
    is_whole = False
    try:
        _connect(found)
        yield found
        is_whole = True
    finally:
        if is_whole and found.sock is not None:
            _keep((origin, proxy), found)
        else:
            found.close()


def _connect(found: HTTPConnection) -> None:
    if found.sock is None:
        found.connect()
        line: Any = found.sock
        line.settimeout(SILENCE)


def close_all() -> None:
    """Close what is kept."""
    while _kept:
        _kept.popitem()[1].close()


def _keep(key: tuple[Origin, Proxy | None], found: HTTPConnection) -> None:
    if key in _kept:  # another one came back meanwhile
        _kept.pop(key).close()
    _kept[key] = found
    if len(_kept) > MOST:
        _kept.pop(next(iter(_kept))).close()


def _is_stale(found: HTTPConnection) -> bool:
    """Whether the server has closed it, or says something without having been asked."""
    poll = select.poll()
    poll.register(found.sock, select.POLLIN)
    return bool(poll.poll(0))


def _new(origin: Origin, proxy: Proxy | None) -> HTTPConnection:
    host, port = (proxy.host, proxy.port) if proxy is not None else (origin.host, origin.port)
    if origin.scheme == "http":
        return HTTPConnection(host, port, timeout=CONNECTING)
    secure = HTTPSConnection(host, port, timeout=CONNECTING, context=_trusted())
    if proxy is not None:
        headers = {"Proxy-Authorization": proxy.credentials} if proxy.credentials else {}
        secure.set_tunnel(origin.host, origin.port, headers)
    return secure


@cache
def _trusted() -> SSLContext:
    import ssl  # noqa: PLC0415  (slow to import)

    return ssl.create_default_context()  # certificates and host names are checked
