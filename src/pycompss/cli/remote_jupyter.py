"""`pycompss jupyter` in an environment elsewhere: a job with a notebook server and an ssh tunnel, or a container's own.

The address, token included, stands in the job's `.err` file, which is read over ssh until it is there. Ctrl-C ends
tunnel and job.
"""

from __future__ import annotations

import re
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from pycompss.cli import elsewhere
from pycompss.deploy.environments import store
from pycompss.deploy.environments.place import parts_of
from pycompss.deploy.environments.store import Environment
from pycompss.errors import ConfigurationError

PERIOD = 2.0  # seconds between looks
_ADDRESS = re.compile(r"http://(?:127\.0\.0\.1|localhost):(\d+)(/\S*)")
_HOST = re.compile(r"A notebook server starts on ([A-Za-z0-9][\w.-]*);")
_WAITS = ("PENDING", "RUNNING", "CONFIGURING", "SUBMITTED", "COMPLETING")


@dataclass(frozen=True, slots=True)
class Server:
    """Where it is: node, port there, and the rest of its address."""

    node: str
    port: str
    rest: str


def jupyter(known: Environment, words: Sequence[str]) -> int:
    """Until the job ends, or Ctrl-C."""
    if known.container:
        return known.place.run(["pycompss", "jupyter", "--no-browser", "--ip=0.0.0.0", "--allow-root", *words])
    options = [word for word in words if word not in ("lab", "-lab", "--lab")]
    application = elsewhere.without_application(options)
    directory = store.directory(known, application) if application else ""
    job = _submitted(known, options, directory)
    _say(f"Job submitted: {job}\nWaiting for jupyter to start...")
    try:
        return _connected(known, job, _awaited(known, job, directory))
    except KeyboardInterrupt:
        _say("\nThe job is cancelled")
        return 0
    finally:
        known.place.ask(["pycompss", "job", "cancel", job])


def _submitted(known: Environment, words: Sequence[str], directory: str) -> str:
    """The number of the new job. The last word may be the folder of the notebooks."""
    options = [word for word in words if word.startswith("-")]
    folders = [word for word in words if not word.startswith("-")]
    if len(folders) > 1:
        raise ConfigurationError(f"one folder of notebooks can be given, not {' and '.join(folders)}")
    server = f"--jupyter_notebook={folders[0] if folders else '.'}"
    done = known.place.ask(["pycompss", "job", "submit", *options, server], directory)
    if done.returncode or not done.stdout.split():
        raise ConfigurationError(f"{known.name}: the job cannot be submitted: {done.stderr.strip()}")
    return done.stdout.split()[-1]


def _awaited(known: Environment, job: str, directory: str) -> Server:
    """The server, once it runs; raises ConfigurationError when the job ends before."""
    look = f"pycompss job status {shlex.quote(job)}; cat compss-{job}.out compss-{job}.err 2>/dev/null"
    while True:
        said = known.place.ask(["sh", "-c", look], directory).stdout
        host, address = _HOST.search(said), _ADDRESS.search(said)
        if host and address:
            return Server(host[1], address[1], address[2])
        status, _, rest = said.partition("\n")
        if status.removeprefix("SUCCESS:") not in _WAITS:
            last = rest.strip().splitlines()[-5:]
            raise ConfigurationError(f"job {job} ended before jupyter had started: {status}\n" + "\n".join(last))
        time.sleep(PERIOD)


def _connected(known: Environment, job: str, server: Server) -> int:
    """Hold a tunnel open, until the job's end."""
    port = _free_port(int(server.port))
    user, host, login_port = parts_of(known.login)
    login = f"{f'{user}@' if user else ''}{host}{f':{login_port}' if login_port else ''}"
    node = f"{f'{user}@' if user else ''}{server.node}"
    way = ["-o", "ExitOnForwardFailure=yes", "-L", f"{port}:localhost:{server.port}", "-J", login]
    with subprocess.Popen(["ssh", "-N", *way, "--", node], stdin=subprocess.DEVNULL) as tunnel:
        try:
            if not _is_open(port, tunnel):
                raise ConfigurationError(
                    f"no tunnel to {server.node}, on which job {job} runs\n"
                    f"    asked: ssh -N {shlex.join(way)} -- {node}\n"
                    f"    found: exit code {tunnel.wait()}\n    try:   ssh -J {login} {node} true"
                )
            _say(f"Connection established...\nhttp://localhost:{port}{server.rest}")
            _say("Ready to work!\nTo force quit: CTRL + C")
            return tunnel.wait()
        finally:
            tunnel.terminate()


def _is_open(port: int, tunnel: subprocess.Popen[bytes]) -> bool:
    """Wait for the near end of the tunnel."""
    while tunnel.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return True
        time.sleep(PERIOD / 20)
    return False


def _free_port(wish: int) -> int:
    for number in (wish, 0):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", number))
            except OSError:
                continue
            port: int = probe.getsockname()[1]
            return port
    raise ConfigurationError("no port of this machine is free")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
