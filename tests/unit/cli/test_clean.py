"""`compss_clean_procs` finds runs of the user, and ends no others."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from pycompss.cli import clean
from pycompss.cli.clean import Process
from pycompss.engines.dask import bridging
from pycompss.engines.local import forking
from tests.support.rendezvous import await_true

BRIDGE = ("python3", "-c", bridging.PROGRAM.format(fd=5, path=["/x"]))
SERVER = ("python3", "-c", forking.PROGRAM.format(fd=5, path=["/x"]))


def test_runs_are_found_by_the_fork_servers_of_the_user() -> None:
    table = [
        Process(10, 1, 1000, ("runcompss", "app.py")),
        Process(11, 10, 1000, SERVER),
        Process(12, 11, 1000, SERVER),  # its worker, forked
        Process(20, 1, 1001, ("runcompss", "of another user")),
        Process(21, 20, 1001, SERVER),
        Process(30, 1, 1000, ("bash", "-c", "grep forkserver")),
        Process(31, 30, 1000, ("grep", "from pycompss.worker.forkserver import main")),
        Process(50, 1, 1000, ("python", "on-nodes.py")),
        Process(51, 50, 1000, BRIDGE),
        Process(52, 51, 1000, BRIDGE),  # its agent, forked
        Process(53, 52, 1000, SERVER),
        Process(40, 1, 1000, ("python3", "without.py")),
    ]
    assert clean.runs(table, 1000) == [table[0], table[7]]
    assert clean.runs(table, 1002) == []


def test_the_table_tells_parent_user_and_words() -> None:
    own = next(process for process in clean.processes() if process.pid == os.getpid())
    assert (own.parent, own.user) == (os.getppid(), os.getuid())
    assert own.words[0]


def test_what_does_not_end_in_order_is_made_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clean, "PATIENCE", 0.2)
    source = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint(1, flush=True)\ntime.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE) as stubborn:
        assert stubborn.stdout is not None
        assert stubborn.stdout.readline()
        clean.end([stubborn.pid])
        await_true(lambda: stubborn.poll() is not None, "it goes on")
    assert stubborn.returncode == -9


def test_a_dry_run_only_names_them(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(clean, "end", lambda _: pytest.fail("nothing may be ended"))
    monkeypatch.setattr(clean, "runs", lambda _table, _user: [Process(10, 1, 0, ("runcompss", "app.py"))])
    assert clean.clean(["--dry_run"]) == 0
    assert capsys.readouterr().out == "10  runcompss app.py\n"
