"""A web service on this machine for tests of `@http`: it answers as it is told, and writes down what it was asked."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


@dataclass
class Asked:
    """One request as it came."""

    method: str
    target: str
    headers: Mapping[str, str]
    payload: bytes
    connection: int  # number of the connection on which it came

    @property
    def json(self) -> Any:
        return json.loads(self.payload)


@dataclass
class Answer:
    """What to say; `raw`: these bytes instead of an answer, and the connection is closed."""

    value: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None

    @property
    def content(self) -> bytes:
        return self.value if isinstance(self.value, bytes) else json.dumps(self.value).encode()


@dataclass
class Service:
    """`answers`: by path (without the query), an `Answer` or a function that makes one of what was asked."""

    url: str = ""
    answers: dict[str, Answer | Callable[[Asked], Answer]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    lines: list[socket.socket] = field(default_factory=list)  # connections
    closed: threading.Event = field(default_factory=threading.Event)  # a client has closed its connection

    def says(self, path: str, value: Any = None, **answer: Any) -> None:
        self.answers[path] = Answer(value, **answer)

    def is_silent(self, path: str) -> None:
        """Say nothing until the client closes the connection."""

        def wait(asked: Asked) -> Answer:
            try:
                assert self.lines[asked.connection].recv(1) == b""
            finally:
                self.closed.set()
            return Answer(raw=b"")

        self.answers[path] = wait

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        answer = self.answers.get(urlsplit(asked.target).path, Answer({"no": "such page"}, 404))
        return answer(asked) if callable(answer) else answer

    def end(self) -> None:
        """Close all connections."""
        for line in self.lines:
            with contextlib.suppress(OSError):  # the client has done it
                line.shutdown(socket.SHUT_RDWR)

    @property
    def targets(self) -> list[str]:
        return [asked.target for asked in self.asked]


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    service: Service

    def setup(self) -> None:
        super().setup()
        self.number = len(self.service.lines)
        self.service.lines.append(self.connection)

    def handle(self) -> None:
        with contextlib.suppress(OSError):  # the client has gone, or does not trust the certificate
            super().handle()

    def answer(self) -> None:
        payload = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        asked = Asked(self.command, self.path, dict(self.headers), payload, self.number)
        answer = self.service.answer(asked)
        if answer.raw is None:
            self.send(answer)
        else:
            self.wfile.write(answer.raw)
            self.close_connection = True

    def send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in {"Content-Type": "application/json", **answer.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.content)

    def log_message(self, *_: object) -> None:
        """Nothing: what was asked is in `service.asked`."""

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = do_CONNECT = answer


@contextmanager
def serving(context: ssl.SSLContext | None = None) -> Iterator[Service]:
    """A service that runs inside; with a `context`, over TLS."""
    service = Service()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("OwnHandler", (Handler,), {"service": service}))
    server.daemon_threads = False
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    service.url = f"{'http' if context is None else 'https'}://localhost:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        service.end()
        server.server_close()


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate for localhost that nobody else knows: its file, and a server's context with it."""
    import subprocess

    file, key = folder / "certificate.pem", folder / "key.pem"
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    words += ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(file)]
    subprocess.run(words, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, key)
    return file, context
