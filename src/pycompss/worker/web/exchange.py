"""One request and its answer: redirections followed, the answer bounded, whatever goes wrong said in one line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from email.message import Message
from http.client import HTTPConnection, HTTPException, HTTPResponse, IncompleteRead, RemoteDisconnected
from socket import gaierror
from typing import Final
from urllib.parse import urldefrag, urljoin

from pycompss.errors import ServiceError
from pycompss.worker.web.connections import CONNECTING, SILENCE, connection
from pycompss.worker.web.origins import Origin, proxy_of, split, without_password

LARGEST: Final = 64 << 20  # bytes of an answer
MOST_REDIRECTIONS: Final = 10
_PIECE: Final = 1 << 16
_REDIRECTIONS = frozenset({301, 302, 303, 307, 308})
_AS_IT_WAS = frozenset({307, 308})  # the same method and payload again; the others ask with GET


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked; `credentials` is the value of the header `Authorization`."""

    method: str
    url: str
    payload: bytes | None = None
    payload_type: str = ""
    credentials: str = ""

    def __str__(self) -> str:
        return f"{self.method} {without_password(self.url)}"


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answered to `request`, the last one if it was sent elsewhere."""

    request: Request
    status: int
    reason: str
    headers: Message
    content: bytes


def ask(request: Request) -> Reply:
    """The answer of the server, whatever its status says.

    Raises:
        ServiceError: there is no whole answer; says which request, and why.
    """
    for _ in range(MOST_REDIRECTIONS + 1):
        reply = _ask_once(request)
        place = reply.headers.get("Location")
        if reply.status not in _REDIRECTIONS or place is None:
            return reply
        request = _redirected(reply, place)
    raise ServiceError(f"{request}: it was redirected more than {MOST_REDIRECTIONS} times")


def _redirected(reply: Reply, place: str) -> Request:
    before = reply.request
    url = urldefrag(urljoin(before.url, place)).url
    try:
        is_elsewhere = split(url)[0] != split(before.url)[0]
    except ValueError:
        raise ServiceError(f"{before}: it is redirected to {without_password(url)}, which is not followed") from None
    credentials = "" if is_elsewhere else before.credentials
    if reply.status in _AS_IT_WAS or before.method == "HEAD":
        return replace(before, url=url, credentials=credentials)
    return Request("GET", url, credentials=credentials)


def _ask_once(request: Request) -> Reply:
    try:
        origin, target, credentials = split(request.url)
        return _exchange(replace(request, credentials=credentials or request.credentials), origin, target)
    except (OSError, HTTPException, ValueError) as error:
        raise ServiceError(f"{request}: {_reason(error)}") from error


def _exchange(request: Request, origin: Origin, target: str) -> Reply:
    proxy = proxy_of(origin)
    headers = _headers(request)
    if proxy is not None and origin.scheme == "http":
        target = f"http://{_host(origin)}{target}"
        if proxy.credentials:
            headers["Proxy-Authorization"] = proxy.credentials
    with connection(origin, proxy) as line:
        response = _answer(line, request, target, headers)
        content = _content(response)
    return Reply(request, response.status, response.reason, response.headers, content)


def _answer(line: HTTPConnection, request: Request, target: str, headers: Mapping[str, str]) -> HTTPResponse:
    line.request(request.method, target, request.payload, dict(headers))
    return line.getresponse()


def _headers(request: Request) -> dict[str, str]:
    headers = {"Accept": "application/json, */*;q=0.5", "User-Agent": "pycompss"}
    if request.payload is not None:
        headers["Content-Type"] = request.payload_type
    if request.credentials:
        headers["Authorization"] = request.credentials
    return headers


def _host(origin: Origin) -> str:
    return f"[{origin.host}]:{origin.port}" if ":" in origin.host else f"{origin.host}:{origin.port}"


def _content(response: HTTPResponse) -> bytes:
    """All that the server sends. Raises ServiceError if that is too much, HTTPException if it breaks off."""
    pieces: list[bytes] = []
    size = 0
    while piece := response.read(_PIECE):
        pieces.append(piece)
        size += len(piece)
        if size > LARGEST:
            raise ValueError(f"the answer is larger than {LARGEST >> 20} MiB")
    content = b"".join(pieces)
    if response.length:
        raise IncompleteRead(content, response.length)
    return content


def _reason(error: Exception) -> str:
    if isinstance(error, gaierror):
        return f"the host cannot be found ({error.strerror})"
    if isinstance(error, ConnectionRefusedError):
        return "the connection is refused; is the service running there?"
    if isinstance(error, TimeoutError):
        return f"no answer in time ({CONNECTING:g} s for a connection, {SILENCE:g} s of silence)"
    if isinstance(error, (RemoteDisconnected, ConnectionError)):
        return "the service closed the connection without an answer"
    if isinstance(error, IncompleteRead):
        return f"the service closed the connection in the middle of its answer, after {len(error.partial)} bytes"
    verified = getattr(error, "verify_message", None)  # of an ssl.SSLCertVerificationError
    if verified:
        return f"the certificate of the service is not trusted ({verified})"
    if isinstance(error, ValueError):
        return str(error)
    return f"{type(error).__name__}: {error}"
