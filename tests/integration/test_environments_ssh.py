"""A remote environment, and nodes of a run, behind a real sshd."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pycompss.cli import main
from tests.support import components, processes
from tests.support.cluster import free_ports
from tests.support.launch import REPOSITORY, Launcher, Result
from tests.support.rendezvous import await_true


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A folder whose `ssh` reaches the host `there`."""
    components.need("sshd", "ssh", "ssh-keygen")
    if os.geteuid() != 0:
        components.unusable("sshd", "only root can start it")
    script, state = str(REPOSITORY / "scripts/sshd"), str(tmp_path_factory.mktemp("sshd"))
    environment = {name: value for name, value in os.environ.items() if name != processes.MARK}
    subprocess.run([script, "up", state, str(free_ports(1))], env=environment, check=True)
    yield state
    subprocess.run([script, "down", state], env=environment, check=True)


def test_commands_and_applications_go_through_ssh(
    commands: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", f"{commands}:{os.environ['PATH']}")
    application, place = tmp_path / "an app", tmp_path / "other" / "place"
    application.mkdir()
    (application / "it's.py").write_text("print('hello')\n")
    assert main.main(["init", "-n", "far", "remote", "-l", "there"]) == 0
    assert main.main(["env", "change", "far"]) == 0
    assert main.main(["app", "deploy", "mine", "-sd", str(application), "-dd", str(place)]) == 0
    assert (place / "it's.py").read_text() == "print('hello')\n"
    capfd.readouterr()
    assert main.main(["exec", "sh", "-c", 'printf "%s|" "$SSH_CONNECTION" "$@"; exit 7', "-", "a b", "$HOME", "'"]) == 7
    printed = capfd.readouterr().out
    assert printed.startswith("127.0.0.1 ")
    assert printed.endswith("|a b|$HOME|'|")
    assert main.main(["app", "remove", "mine"]) == 0
    assert not place.exists()


def test_a_host_that_is_not_there_is_named(
    commands: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", f"{commands}:{os.environ['PATH']}")
    assert main.main(["init", "-n", "gone", "remote", "-l", "127.0.0.1:1"]) == 0
    assert main.main(["env", "change", "gone"]) == 0
    assert main.main(["app", "deploy", "mine", "-sd", str(tmp_path)]) == 1
    assert "cannot be copied to 127.0.0.1:1: ssh: connect to host 127.0.0.1 port 1" in capfd.readouterr().err
    assert main.main(["exec", "true"]) == 255
    assert "    try:   ssh -p 1 -- 127.0.0.1 true\n" in capfd.readouterr().err


def test_a_host_without_our_commands_is_named(
    commands: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", f"{commands}:{os.environ['PATH']}")
    assert main.main(["init", "-n", "bare", "remote", "-l", "there"]) == 0
    assert main.main(["env", "change", "bare"]) == 0
    for words, command in ((["run", "app.py"], "runcompss"), (["job", "list"], "pycompss")):
        assert main.main(words) == 127
        said = capfd.readouterr().err
        assert f"pycompss: {command} could not be run (there)\n" in said
        assert "    try:   pip install 'purecompss[cluster]' there, or" in said


# -- nodes of a run

WHERE = """\
import os, threading
import numpy as np
from pycompss.api.api import compss_wait_on
from pycompss.api.parameter import INOUT
from pycompss.api.task import task
from tests.support.rendezvous import await_mark, mark

@task(returns=2)
def meet(mine, other):
    mark(mine)
    await_mark(other)
    return (os.environ["COMPSS_NODES"], bool(os.environ.get("SSH_CONNECTION"))), np.full(100_000, 2.0)

@task(returns=1)
def total(a, b):
    return float(a.sum() + b.sum())

(first, a), (second, b) = meet("a", "b"), meet("b", "a")
print(*sorted(compss_wait_on([first, second])), compss_wait_on(total(a, b)))
"""
RESOURCES = """<ResourcesList>
  <ComputeNode Name="localhost"><Processor Name="P"><ComputingUnits>1</ComputingUnits></Processor></ComputeNode>
  <ComputeNode Name="there"><Processor Name="P"><ComputingUnits>1</ComputingUnits></Processor></ComputeNode>
</ResourcesList>"""
PROJECT = """<Project>
  <MasterNode/>
  <ComputeNode Name="there"><User>root</User></ComputeNode>
</Project>"""


def run(
    run_program: Launcher, commands: str, tmp_path: Path, flag: str, xml: str, *more: str, path: str = ""
) -> Result:
    file = tmp_path / "nodes.xml"
    file.write_text(xml)
    environment = {"PATH": path or f"{commands}:{os.environ['PATH']}", "PYTHONPATH": str(REPOSITORY)}
    flags = [f"--{flag}={file}", *more]
    return run_program(WHERE, launcher="runcompss", flags=flags, engine=None, workers=None, env=environment)


def of_agents(result: Result) -> list[processes.Process]:
    """What sshd has started does not carry our mark, but names the run's folder."""
    return [found for found in map(processes.look, processes.pids()) if found and str(result.log_dir) in found.command]


def test_a_host_of_the_resources_is_a_node_whose_agent_ssh_starts(
    commands: str, run_program: Launcher, tmp_path: Path
) -> None:
    result = run(run_program, commands, tmp_path, "resources", RESOURCES).succeeded()
    assert "('localhost', False) ('there', True) 400000.0\n" in result.stdout
    assert "Nodes: localhost (1 computing unit), there (1 computing unit)" in result.stdout
    await_true(lambda: not of_agents(result), "the agent did not end")


def test_a_host_of_the_project_alone_is_used_as_it_is(commands: str, run_program: Launcher, tmp_path: Path) -> None:
    """All of its cores; two tasks meet there."""
    result = run(run_program, commands, tmp_path, "project", PROJECT).succeeded()
    assert "('there', True) ('there', True) 400000.0\n" in result.stdout
    assert "Nodes: there (all of it)" in result.stdout


DEPLOYED = """\
import os, sys
from pycompss.api.api import compss_wait_on
from pycompss.api.parameter import FILE_IN
from pycompss.api.task import task

@task(file=FILE_IN, returns=1)
def look(file):
    import helper
    return os.getcwd(), os.environ["WHERE"], sys.executable, helper.VALUE, os.environ["LD_LIBRARY_PATH"]

with open("data", "w"):
    pass
print(*compss_wait_on(look("data")), sep="\\n")
"""


def test_the_project_says_how_a_node_starts_and_where_its_tasks_work(
    commands: str, run_program: Launcher, tmp_path: Path
) -> None:
    """Another interpreter by name: that of a folder with a link to ours, with a script that says where packages are."""
    place, code, script = tmp_path / "the place", tmp_path / "code", tmp_path / "set up.sh"
    code.mkdir()
    (code / "helper.py").write_text("VALUE = 'of the node'\n")
    python = tmp_path / "python of the node"
    python.symlink_to(sys.executable)
    script.write_text(f"export WHERE=there PYTHONPATH={os.pathsep.join(filter(None, sys.path))}\necho is said\n")
    application = (
        f"<EnvironmentScript>{script}</EnvironmentScript><Pythonpath>{code}</Pythonpath>"
        "<LibraryPath>/own/lib</LibraryPath>"
    )
    told = f"<WorkingDir>{place}</WorkingDir><Application>{application}</Application>"
    file = tmp_path / "nodes.xml"
    file.write_text(PROJECT.replace("<User>root</User>", told))
    environment = {"PATH": f"{commands}:{os.environ['PATH']}"}
    flags = [f"--project={file}", f"--python_interpreter={python}"]
    result = run_program(DEPLOYED, launcher="runcompss", flags=flags, engine=None, workers=None, env=environment)
    said = result.succeeded().stdout
    assert re.search(f"\n{place}/pycompss-.*\nthere\n{python}\nof the node\n/own/lib", said), said
    assert f"Tasks of there work in {place} (<WorkingDir> in {file})" in said
    assert os.listdir(place) == []
    await_true(lambda: not of_agents(result), "the agent did not end")


@pytest.mark.parametrize(
    ("host", "found"),
    [
        ("nowhere.invalid", "found: ssh: Could not resolve hostname nowhere.invalid"),
        ("there-without-key", "found: root@127.0.0.1: Permission denied (publickey)"),
    ],
)
def test_a_host_that_does_not_let_us_in_ends_the_run_with_what_ssh_said(
    commands: str, run_program: Launcher, tmp_path: Path, host: str, found: str
) -> None:
    result = run(run_program, commands, tmp_path, "project", PROJECT.replace("there", host))
    assert result.returncode == 1
    assert f"the agent of {host} cannot start: it ended with exit code 255\n    asked: ssh -o " in result.stderr
    assert found in result.stderr
    assert f"    try:   ssh -o BatchMode=yes -o ConnectTimeout=10 -l root -- {host} true" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_machine_without_ssh_says_so(run_program: Launcher, tmp_path: Path) -> None:
    result = run(
        run_program, str(tmp_path), tmp_path, "project", PROJECT.replace("there", "far.invalid"), path="/nowhere"
    )
    assert result.returncode == 1
    assert "the agent of far.invalid cannot start: it ended with exit code 1\n    asked: ssh -o " in result.stderr
    assert "    found: there is no command ssh here, in none of the folders /nowhere\n" in result.stderr
    assert "Traceback" not in result.stderr


def test_engine_local_has_no_other_machines(commands: str, run_program: Launcher, tmp_path: Path) -> None:
    result = run(run_program, commands, tmp_path, "project", PROJECT, "--engine=local")
    assert result.returncode == 1
    assert "node there is another machine, and engine = local (flag --engine) has nodes on this one" in result.stderr
