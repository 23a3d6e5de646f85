"""A server of dask-gateway with its local backend, in an environment of its own (`scripts/gateway-env.sh`)."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support import components, processes
from tests.support.launch import REPOSITORY, clean_environment
from tests.support.service import free_port

PYTHON = REPOSITORY / ".venvs" / "gateway" / "bin" / "python"
PATIENCE = 40.0  # seconds for the server to come up
SETTINGS = """\
c.DaskGateway.backend_class = "dask_gateway_server.backends.local.UnsafeLocalBackend"
c.Proxy.address = "127.0.0.1:{port}"
c.UnsafeLocalBackend.sigint_timeout = 2
c.UnsafeLocalBackend.clusters_directory = "{folder}/clusters"
c.ClusterConfig.scheduler_cmd = ["{python}", "-m", "dask", "scheduler"]
c.ClusterConfig.worker_cmd = ["{python}", "-m", "dask", "worker"]
"""
ASK = """\
import sys
from dask_gateway import Gateway
with Gateway(sys.argv[1]) as gateway:
    cluster = gateway.new_cluster(shutdown_on_close=False)
    count = int(sys.argv[2])
    cluster.scale(count)
    with cluster.get_client(set_as_default=False) as client:
        client.wait_for_workers(count) if count else None
    print(cluster.scheduler_address)
"""
STOP = """\
import sys
from dask_gateway import Gateway
with Gateway(sys.argv[1]) as gateway:
    for report in gateway.list_clusters():
        gateway.stop_cluster(report.name)
"""


@dataclass
class DaskGateway:
    folder: Path
    port: int
    environment: dict[str, str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def new_cluster(self, workers: int) -> str:
        """The address that the gateway gives it."""
        return self._client(ASK, str(workers)).strip()

    def stop_clusters(self) -> None:
        self._client(STOP)

    def _client(self, program: str, *words: str) -> str:
        done = subprocess.run(
            (PYTHON, "-c", program, self.url, *words),
            env=self.environment, capture_output=True, text=True, check=False, timeout=PATIENCE,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr + (self.folder / "log").read_text()
        return done.stdout


def install() -> None:
    environment = {**os.environ, "PIP_NO_CACHE_DIR": "1", "PYTHON": sys.executable}
    script = REPOSITORY / "scripts" / "gateway-env.sh"
    done = subprocess.run([script], env=environment, capture_output=True, text=True, check=False, timeout=500)
    if done.returncode:
        components.unusable("dask-gateway-server", f"{script} failed: {done.stderr}")


@contextlib.contextmanager
def gateway(folder: Path) -> Iterator[DaskGateway]:
    install()
    (folder / "home").mkdir()
    port = free_port()
    environment = {**clean_environment(folder / "home", folder), "TMPDIR": str(folder)}
    environment |= {processes.MARK: str(folder), "PATH": f"{PYTHON.parent}:{os.environ['PATH']}"}
    names = {"port": port, "folder": folder, "python": PYTHON}
    (folder / "settings.py").write_text(SETTINGS.format(**names))
    found = DaskGateway(folder, port, environment)
    with open(folder / "log", "wb") as log:
        command = (PYTHON.parent / "dask-gateway-server", "--config", folder / "settings.py")
        server = subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=log)
    try:
        _await(found, server)
        yield found
        found.stop_clusters()
    finally:
        server.terminate()
        server.wait(PATIENCE)
        left = processes.left_after(10, str(folder))
        processes.kill(left)
    assert not left


def _await(found: DaskGateway, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{found.url}/api/health", timeout=5):
            return
        assert server.poll() is None, (found.folder / "log").read_text()
        assert time.monotonic() < deadline, (found.folder / "log").read_text()
        time.sleep(0.05)
