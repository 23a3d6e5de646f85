"""The monitor's page through the Jupyter server: who has a tunnel to the server needs no second one.

Only pages of the user's own runs are passed on: their ports stand in files that nobody else can write.
"""

from __future__ import annotations

import glob
import os
import re
from typing import Any

PATH = r"/purecompss/monitor/(\d+)/(.*)"
_PASSED_ON = ("Content-Type", "Content-Security-Policy", "Cache-Control", "Referrer-Policy", "X-Content-Type-Options")


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(server: Any) -> None:
    base = server.web_app.settings["base_url"].rstrip("/")
    server.web_app.add_handlers(".*$", [(base + PATH, _handler())])


def ports() -> set[int]:
    """Where the monitors of this user's runs listen."""
    base = os.environ.get("PYCOMPSS_LOG_DIR") or os.path.expanduser("~")
    found = set()
    for path in glob.glob(os.path.join(glob.escape(base), ".COMPSs", "*", "monitor", "address")):
        with open(path, encoding="ascii", errors="replace") as file:
            address = re.match(r"http://127\.0\.0\.1:(\d+)/", file.read())
        if address and os.stat(path).st_uid == os.getuid():
            found.add(int(address[1]))
    return found


def _handler() -> Any:
    from jupyter_server.base.handlers import JupyterHandler  # noqa: PLC0415  (this is its process)
    from tornado import web  # noqa: PLC0415
    from tornado.httpclient import AsyncHTTPClient, HTTPRequest  # noqa: PLC0415

    class Page(JupyterHandler):
        """What the monitor answers."""

        @web.authenticated
        async def get(self, port: str, path: str) -> None:
            if int(port) not in ports():
                raise web.HTTPError(404, "no run of yours is shown at this port")
            query = f"?{self.request.query}" if self.request.query else ""
            headers = {"Authorization": self.request.headers.get("Authorization", "")}
            request = HTTPRequest(f"http://127.0.0.1:{port}/{path}{query}", headers=headers, request_timeout=60)
            try:
                answer = await AsyncHTTPClient().fetch(request, raise_error=False)
            except OSError:
                raise web.HTTPError(502, "the monitor has ended with its run") from None
            self.set_status(answer.code)
            for name in _PASSED_ON:
                if name in answer.headers:
                    self.set_header(name, answer.headers[name])
            self.finish(answer.body)

    return Page
