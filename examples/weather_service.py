"""A workflow over a web service: fetch readings, compute, report back, with a little service of its own.

    python examples/weather_service.py
    python examples/weather_service.py --stations 20 --hours 1000

`@http` tasks fetch the readings of all stations, and take no core while they wait. Ordinary tasks
find the extremes, and further requests report them. What the service was told is compared with a sequential answer.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from pycompss.api.api import compss_wait_on
from pycompss.api.http import http
from pycompss.api.parameter import INOUT
from pycompss.api.task import task


def readings_of(station: int, hours: int) -> list[float]:
    numbers = random.Random(station)
    return [round(numbers.gauss(10 + station % 7, 5), 1) for _ in range(hours)]


# -- the service


class Handler(BaseHTTPRequestHandler):
    hours = 0
    reports: dict[int, list[float]]

    def do_GET(self):
        station = int(self.path.rpartition("/")[2])
        self.answer({"station": {"id": station, "readings": readings_of(station, self.hours)}})

    def do_POST(self):
        report = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.reports[report["station"]] = report["extremes"]
        self.answer({"receipt": f"R{report['station']}"})

    def answer(self, value):
        content = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        """Nothing: the example prints what counts."""


@contextmanager
def serving(hours: int):
    """The service runs inside: its address, and the reports that it gets."""
    reports: dict[int, list[float]] = {}
    own = type("OwnHandler", (Handler,), {"hours": hours, "reports": reports})
    server = ThreadingHTTPServer(("127.0.0.1", 0), own)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", reports
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


# -- the workflow


def requests_to(url: str):
    """The tasks that ask this service."""

    @http(
        service_name=url,
        resource="stations/{{station}}",
        request="GET",
        produces='{"station": {"readings": "{{return_0}}"}}',
    )
    @task(returns=1)
    def fetch(station):
        """The readings of a station."""

    @http(
        service_name=url,
        resource="reports",
        request="POST",
        payload='{"station": {{station}}, "extremes": {{extremes}}}',
        produces='{"receipt": "{{receipt}}"}',
        updates="{{entry}}.receipt = {{receipt}}",
    )
    @task(entry=INOUT)
    def report(station, extremes, entry):
        """Tell the service, and note its receipt in the entry."""

    return fetch, report


@task(returns=1)
def extremes(readings: list[float]) -> list[float]:
    return [min(readings), max(readings)]


def in_parallel(url: str, stations: int) -> list[str]:
    fetch, report = requests_to(url)
    entries: list[dict[str, str]] = [{} for _ in range(stations)]
    for station, entry in enumerate(entries):
        report(station, extremes(fetch(station)), entry)
    return [compss_wait_on(entry)["receipt"] for entry in entries]


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--stations", type=int, default=8)
    options.add_argument("--hours", type=int, default=24 * 30, help="readings of each station")
    given = options.parse_args()
    with serving(given.hours) as (url, reports):
        receipts = in_parallel(url, given.stations)
    expected = {}
    for station in range(given.stations):
        readings = readings_of(station, given.hours)
        expected[station] = [min(readings), max(readings)]
    is_right = reports == expected and receipts == [f"R{station}" for station in expected]
    print(f"{len(reports)} stations reported")
    print("right" if is_right else "WRONG: the service was told something else")
    return 0 if is_right else 1


if __name__ == "__main__":
    sys.exit(main())
