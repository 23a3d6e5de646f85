"""Nodes that share no folder with the program: a stand-in for ssh hides the test's folder by an empty file system."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support import components
from tests.support.file_tasks import FILE_TASKS
from tests.support.launch import Launcher, Result

# As sshd does, on a machine that has nothing at $HIDDEN.
SSH = """#!/bin/bash
while [ "$1" != -- ]; do shift; done
shift 2
exec unshare --mount bash -c 'mount -t tmpfs tmpfs "$HIDDEN" && cd / && exec bash -c "$0"' "$*"
"""
PROJECT = """<Project><MasterNode/>
  <ComputeNode Name="there">TOLD</ComputeNode>
</Project>"""
PROGRAM = f"""\
import os
from pycompss.api.api import compss_wait_on, compss_wait_on_directory, compss_wait_on_file
from pycompss.api.parameter import DIRECTORY_IN, DIRECTORY_OUT, FILE_CONCURRENT, FILE_IN, FILE_INOUT, FILE_OUT
from pycompss.api.task import task
from helpers.where import node

@task(f=FILE_IN, returns=1)
def look(f):
    print("looking")
    with open(f) as file:
        return file.read(), node(), os.path.exists(HERE), os.getcwd().startswith(os.environ["PLACE"])

{FILE_TASKS}
@task(f=FILE_CONCURRENT, returns=1)
def log(f):
    return 1

HERE = os.getcwd()
with open("data", "w") as file:
    file.write("1")
print(*compss_wait_on(look("data")))
add("data", "2")
spread("data", "many")
join("many", "one")
compss_wait_on_file("data")
compss_wait_on_file("one")
compss_wait_on_directory("many")
with open("one") as file:
    print(file.read(), sorted(os.listdir("many")))
long = "n" * 255
with open(long, "w") as file:
    file.write("1")
add(long, "3")
compss_wait_on_file(long)
with open(long) as file:
    print("long:", file.read())
with open("data", "w") as file:
    file.write("changed")
print(compss_wait_on(look("data"))[0])
try:
    compss_wait_on(log("data"))
except Exception as error:
    print(error)
"""


@pytest.fixture
def commands(tmp_path: Path) -> Path:
    """A folder whose `ssh` reaches a machine without `tmp_path`."""
    components.need("unshare")
    if os.geteuid() != 0:
        components.unusable("unshare", "only root may hide folders")
    folder = tmp_path / "commands"
    folder.mkdir()
    (folder / "ssh").write_text(SSH)
    (folder / "ssh").chmod(0o755)
    return folder


def run(run_program: Launcher, commands: Path, place: Path, told: str, *flags: str) -> Result:
    hidden = commands.parent
    project = hidden / "p.xml"
    project.write_text(PROJECT.replace("TOLD", told))
    environment = {"PATH": f"{commands}:{os.environ['PATH']}", "HIDDEN": str(hidden), "PLACE": str(place)}
    modules = {"helpers/where.py": "import os\n\ndef node():\n    return os.environ['COMPSS_NODES']\n"}
    flags = (f"--project={project}", *flags)
    for name, text in modules.items():
        path = hidden / "modules" / name
        path.parent.mkdir(parents=True)
        path.write_text(text)
    flags = (f"--pythonpath={hidden}/modules", *flags)
    return run_program(PROGRAM, launcher="runcompss", flags=flags, engine=None, workers=None, env=environment)


def test_files_and_code_are_brought_to_a_node_that_shares_no_folder(
    run_program: Launcher, commands: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = tmp_path_factory.mktemp("place")
    told = f"<WorkingDir>{place}</WorkingDir>"
    result = run(run_program, commands, place, told, "-d").succeeded()
    assert {"1 there False True", "12a12b ['a', 'b']", "long: 13", "changed"} <= set(result.stdout.splitlines())
    assert "a CONCURRENT file needs a folder that all nodes share" in result.stdout
    outputs = [path.read_text() for path in result.log_dir.glob(".COMPSs/*/jobs/job*_NEW.out")]
    assert "looking\n" in outputs
    assert os.listdir(place) == []
    assert "Traceback" not in result.stderr


def test_other_versions_of_the_programs_own_modules_are_named(
    run_program: Launcher, commands: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = tmp_path_factory.mktemp("place")
    (place / "helpers").mkdir()
    (place / "helpers/where.py").write_text("def node():\n    return 'older'\n")
    told = f"<WorkingDir>{place}</WorkingDir><Application><Pythonpath>{place}</Pythonpath></Application>"
    result = run(run_program, commands, place, told)
    assert result.returncode == 1
    assert "has another version of the program's own module helpers/where.py\n" in result.stderr
    assert f"    found: {place}/helpers/where.py, which differs" in result.stderr
    assert os.listdir(place) == ["helpers"]
