"""A network that breaks: nodes with network cards of their own, behind a switch, whose cables are pulled.

`scripts/sshd` makes the hosts. The program itself says when.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support import components, processes
from tests.support.cluster import free_ports
from tests.support.launch import REPOSITORY, Launcher, Result
from tests.support.rendezvous import await_true

SCRIPT = str(REPOSITORY / "scripts/sshd")
RESOURCES = """<ResourcesList>
  <ComputeNode Name="east"><Processor Name="P"><ComputingUnits>1</ComputingUnits></Processor></ComputeNode>
  <ComputeNode Name="west"><Processor Name="P"><ComputingUnits>1</ComputingUnits></Processor></ComputeNode>
</ResourcesList>"""
PRELUDE = f"""\
import fcntl, os, subprocess, sys, time
import numpy as np
from pycompss.api.api import compss_barrier, compss_get_number_of_resources, compss_open, compss_wait_on
from pycompss.api.parameter import FILE_OUT
from pycompss.api.task import task
from tests.support.rendezvous import await_mark, mark, note, notes

def network(*words):
    subprocess.run([{SCRIPT!r}, words[0], sys.argv[1], *words[1:]], check=True)

@task(returns=1)
def make(i):
    return np.full(100_000, float(i))

@task(returns=1)
def add(a, b):
    return float(a[0] + b[0])

@task(returns=1, out=FILE_OUT)
def not_in_the_east(folder, out):
    # what runs in the east ends only if somebody ends it
    held = open(os.path.join(folder, "held"), "w")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        note(os.path.join(folder, "twice"), "at a time")
    mark(os.path.join(folder, os.environ["COMPSS_NODES"]))
    while os.environ["COMPSS_NODES"] == "east":
        time.sleep(0.01)
    with open(out, "w") as file:
        file.write(os.environ["COMPSS_NODES"])
    return os.environ["COMPSS_NODES"]

def cut_off_the_east():
    os.mkdir("a"), os.mkdir("b")
    xs = [make(i) for i in range(8)]
    compss_barrier()
    results = [not_in_the_east(os.path.abspath(folder), folder + "/out") for folder in "ab"]
    while not any(os.path.exists(folder + "/east") for folder in "ab"):
        time.sleep(0.01)
    network("unplug", "east")
    values = compss_wait_on(xs)
    print(*compss_wait_on(results))
    print(*[float(x[0]) for x in values])
    return xs
"""
CUT_OFF = f"west west\n{' '.join(f'{i}.0' for i in range(8))}\n"
Run = Callable[..., Result]


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """East and west; the folder has what starts a command where it reaches them."""
    components.need("sshd", "ssh", "ssh-keygen", "unshare", "hostname", "ip", "bridge")
    if os.geteuid() != 0:
        components.unusable("sshd", "only root can start it")
    state = tmp_path_factory.mktemp("hosts")
    environment = {name: value for name, value in os.environ.items() if name != processes.MARK}
    words = [SCRIPT, "up", state, str(free_ports(1)), "--apart", "east", "west"]
    done = subprocess.run(words, env=environment, check=False, capture_output=True, text=True)
    if done.returncode:
        components.unusable("a network of one's own", done.stderr)
    yield state
    subprocess.run([SCRIPT, "down", state], env=environment, check=True)


@pytest.fixture
def run(hosts: Path, run_program: Launcher, tmp_path: Path) -> Run:
    """`run(source, node_timeout)`: a program with both as its nodes."""

    def start(source: str, timeout: int, **environment: str) -> Result:
        program, resources = tmp_path / "app.py", tmp_path / "resources.xml"
        program.write_text(PRELUDE + source)
        resources.write_text(RESOURCES)
        env = {"PATH": f"{hosts}:{os.environ['PATH']}", "PYTHONPATH": str(REPOSITORY), **environment}
        command = (hosts / "inside", Path(sys.executable).parent / "runcompss", f"--resources={resources}")
        result = run_program.command(*command, f"--node_timeout={timeout}", program, hosts, env=env)
        await_true(lambda: not of_agents(result), f"an agent did not end\n{result}")
        subprocess.run([SCRIPT, "plug", hosts, "east"], check=True)
        return result

    return start


def of_agents(result: Result) -> list[processes.Process]:
    """What sshd has started does not carry our mark, but names the run's folder."""
    return [found for found in map(processes.look, processes.pids()) if found and str(result.log_dir) in found.command]


def printed(result: Result) -> str:
    """By the program itself."""
    lines = result.succeeded().stdout.partition("Starting COMPSs Runtime")[2].splitlines()[1:]
    return "".join(f"{line}\n" for line in lines[: lines.index("") - 1])


def test_a_node_that_is_cut_off_for_ever_is_done_without_and_its_agent_ends(run: Run) -> None:
    result = run("cut_off_the_east()", 2)
    assert printed(result) == CUT_OFF
    assert "WARNING: node east was lost: it has not answered for 2 s" in result.stderr


def test_a_node_that_was_cut_off_does_no_harm_and_takes_part_again(run: Run) -> None:
    """What ran there has ended before it runs elsewhere; what it still has is not used."""
    source = """
@task(returns=1)
def meet(mine, other):
    mark(mine)
    await_mark(other)
    return os.environ["COMPSS_NODES"]

xs = cut_off_the_east()
network("plug", "east")
while compss_get_number_of_resources() < 2:
    time.sleep(0.01)
print(*sorted(compss_wait_on([meet("a/met", "b/met"), meet("b/met", "a/met")])))
print(*{add(a, b) for a, b in zip(xs, reversed(xs))})
for folder in "ab":
    with compss_open(folder + "/out") as file:
        print(file.read(), len(notes(folder + "/twice")))
""".replace("{add(a, b)", "{compss_wait_on(add(a, b))")
    result = run(source, 4)
    assert printed(result) == f"{CUT_OFF}east west\n7.0\nwest 0\nwest 0\n"
    assert result.stderr.count("was lost") == 2  # the warning, and that the task is tried again


def test_nodes_that_do_not_reach_each_other_get_values_by_way_of_the_program(run: Run) -> None:
    source = """
xs = [make(i) for i in range(6)]
compss_barrier()
network("split", "east", "west")
print(sum(compss_wait_on([add(a, b) for a in xs for b in xs])))
"""
    result = run(source, 2)
    assert printed(result) == "180.0\n"
    assert "was lost" not in result.stderr


def test_a_host_that_does_not_answer_ends_the_run_at_its_start_with_what_ssh_says(hosts: Path, run: Run) -> None:
    subprocess.run([SCRIPT, "unplug", hosts, "east"], check=True)
    result = run("print(compss_wait_on(make(1)))", 2, COMPSS_SSH_TIMEOUT="1000")
    assert result.returncode == 1
    assert (
        "the agent of east cannot start: it ended with exit code 255\n    asked: ssh -o BatchMode=yes " in result.stderr
    )
    assert re.search(r"found: ssh: connect to host 10\.99\.0\.2 port \d+: Connection timed out\n", result.stderr)
