"""Where a connection leads: scheme, host and port of a server, and the proxy that the environment puts before it."""

from __future__ import annotations

import ipaddress
from base64 import b64encode
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

_PORTS = {"http": 80, "https": 443}


class Origin(NamedTuple):
    """One server, as connections tell servers apart."""

    scheme: str
    host: str
    port: int


class Proxy(NamedTuple):
    """A server that passes requests on; credentials: the value of its header, may be empty."""

    host: str
    port: int
    credentials: str


def split(url: str) -> tuple[Origin, str, str]:
    """(server, what to ask it for, credentials in the address as the value of a header).

    Raises:
        ValueError: it is no address of the web.
    """
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError(f"{without_password(url)} is no address such as http://host:port/path")
    origin = Origin(parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme])
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return origin, target, _credentials(parts)


def without_password(url: str) -> str:
    """The address as it may be shown."""
    before, slashes, rest = url.partition("//")
    server, slash, path = rest.partition("/")
    return f"{before}{slashes}{server.rpartition('@')[2]}{slash}{path}"


def proxy_of(origin: Origin) -> Proxy | None:
    """The proxy that variables such as `https_proxy` and `no_proxy` say; none for this machine itself.

    Raises:
        ValueError: the variable says something that is none.
    """
    from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415  (slow to import)

    if _is_this_machine(origin.host):
        return None
    proxies = getproxies()
    url = proxies.get(origin.scheme) or proxies.get("all")
    if not url or proxy_bypass(f"{origin.host}:{origin.port}"):
        return None
    parts = urlsplit(url if "://" in url else f"http://{url}")
    if parts.scheme != "http" or not parts.hostname:
        raise ValueError(f"the proxy {without_password(url)} of the environment is none of http://host:port")
    return Proxy(parts.hostname, parts.port or _PORTS["http"], _credentials(parts))


def _credentials(parts: SplitResult) -> str:
    if parts.username is None:
        return ""
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return "Basic " + b64encode(pair.encode()).decode()


def _is_this_machine(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
