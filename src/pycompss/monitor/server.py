"""The web server of the page: on the loopback interface, read-only; what tells about the run needs the token.

The token stands behind the `#` of the address, which browsers keep to themselves; the page sends it in a header.
Prometheus does the same (`authorization: credentials`), and `?token=` is for curl.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from pycompss.monitor import answers, metrics
from pycompss.monitor.following import Following

WEB = os.path.join(os.path.dirname(__file__), "web")
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_Answer = Callable[[Request], Response]
_FILES = {"/": "index.html", **{f"/{name}": name for name in os.listdir(WEB) if not name.startswith(".")}}


def application(following: Following, token: str) -> Starlette:
    """The page and its answers."""

    def run(request: Request) -> Response:
        with following.look() as view:
            found = answers.run(view, _number(request.query_params.get("since", "")), following.now)
            found["state"] = following.state
        return JSONResponse({**found, "complaints": following.complaints}, headers=_HEADERS)

    def task(request: Request) -> Response:
        with following.look() as view:
            found = answers.task(view, following.folder, request.path_params["number"])
        return JSONResponse(found, 200 if found else 404, _HEADERS)

    def svg(request: Request) -> Response:
        with following.look() as view:
            drawing = answers.drawing(view, is_current=request.query_params.get("current") == "true")
        return Response(drawing, media_type="image/svg+xml", headers=_HEADERS)

    def dot(_request: Request) -> Response:
        return Response(answers.dot(following.folder), media_type="text/vnd.graphviz", headers=_HEADERS)

    def seen(_request: Request) -> Response:
        following.has_told.set()
        return Response(status_code=204, headers=_HEADERS)

    def log(request: Request) -> Response:
        words = frozenset(filter(None, request.query_params.get("only", "").split(",")))
        return JSONResponse(following.log.answer(request.query_params.get("text", ""), words), headers=_HEADERS)

    def numbers(_request: Request) -> Response:
        with following.look() as view:
            return PlainTextResponse(metrics.text(view), headers={**_HEADERS, "Content-Type": metrics.CONTENT_TYPE})

    def file(request: Request) -> Response:
        return FileResponse(os.path.join(WEB, _FILES[request.url.path]), headers=_HEADERS)

    guarded: dict[str, _Answer] = {
        "/api/run": run,
        "/api/task/{number:int}": task,
        "/api/graph.svg": svg,
        "/api/graph.dot": dot,
        "/api/seen": seen,
        "/api/log": log,
        "/metrics": numbers,
    }
    routes = [Route(path, _guarded(token, answer)) for path, answer in guarded.items()]
    return Starlette(routes=[*[Route(path, file) for path in _FILES], *routes])


def _guarded(token: str, answer: _Answer) -> _Answer:
    """The same for those who know the token."""

    def checked(request: Request) -> Response:
        given = request.headers.get("authorization", "").removeprefix("Bearer ") or request.query_params.get("token")
        if not hmac.compare_digest((given or "").encode(), token.encode()):
            return PlainTextResponse("the token is missing or wrong", 401, _HEADERS)
        return answer(request)

    return checked


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 0


def server(following: Following, token: str) -> uvicorn.Server:
    """A server that can be run on a socket, and told to end (`should_exit`)."""
    settings: dict[str, Any] = {"log_level": "error", "access_log": False, "lifespan": "off"}
    return uvicorn.Server(uvicorn.Config(application(following, token), **settings, timeout_graceful_shutdown=1))
