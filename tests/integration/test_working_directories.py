"""Where tasks work: in the run's folder, on their node's own disk, or in a folder that the user names."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pycompss.runtime import machine
from tests.support.file_tasks import FILE_TASKS
from tests.support.launch import REPOSITORY, Launcher, Result

PROGRAM = f"""\
import os
from pycompss.api.api import compss_barrier, compss_wait_on, compss_wait_on_directory, compss_wait_on_file
from pycompss.api.parameter import DIRECTORY_IN, DIRECTORY_OUT, FILE_IN, FILE_INOUT, FILE_OUT
from pycompss.api.task import task

@task(f=FILE_IN, returns=1)
def look(f):
    with open(f) as file:
        return os.getcwd(), os.path.realpath(f), os.environ["COMPSS_NODES"], file.read()

{FILE_TASKS}
with open("data", "w") as file:
    file.write("1")
seen = compss_wait_on([look("data") for _ in range(8)])
assert {{text for *_, text in seen}} == {{"1"}}
add("data", "2")
spread("data", "many")
join("many", "one")
compss_wait_on_file("data")
compss_wait_on_file("one")
compss_wait_on_directory("many")
with open("data", "w") as file:
    file.write("changed")
assert compss_wait_on(look("data"))[3] == "changed"
print(open("one").read(), sorted(os.listdir("many")))
for folder, real, node, _ in seen:
    print(node, folder, real)
"""


def run(run_program: Launcher, engine: str, *flags: str, **environment: str) -> tuple[Result, list[list[str]]]:
    result = run_program(PROGRAM, launcher="runcompss", engine=engine, flags=flags, env=environment).succeeded()
    lines = result.stdout[result.stdout.index("12a12b ['a', 'b']\n") :].splitlines()[1:9]
    assert sorted(os.listdir(result.folder)) == ["data", "many", "one"]
    return result, [line.split() for line in lines]


@pytest.mark.parametrize("engine", ["local", "dask"])
def test_on_its_own_disk_a_node_has_one_copy_of_each_file(run_program: Launcher, tmp_path: Path, engine: str) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    flag = "--worker_working_dir=local_disk"
    result, seen = run(run_program, engine, flag, LOCAL_DISK_PREFIX=str(disk))
    assert all(folder.startswith(f"{disk}/pycompss-") for _, folder, _ in seen)
    assert all(real.startswith(f"{disk}/pycompss-") and "/staged/" in real for *_, real in seen)
    assert len({real for *_, real in seen}) == len({node for node, *_ in seen})
    assert os.listdir(disk) == []
    assert "Tasks work on each node's own disk, with copies of their files" in result.stdout


@pytest.mark.parametrize("engine", ["local", "dask"])
def test_in_a_folder_of_the_users_files_are_linked(run_program: Launcher, tmp_path: Path, engine: str) -> None:
    result, seen = run(run_program, engine, f"--worker_working_dir={tmp_path}/place")
    assert all(folder.startswith(f"{tmp_path}/place/pycompss-") for _, folder, _ in seen)
    assert {real for *_, real in seen} == {f"{result.folder}/data"}
    assert os.listdir(tmp_path / "place") == []
    assert f"Tasks work in {tmp_path}/place of each node, with links to their files" in result.stdout


@pytest.mark.parametrize("engine", ["local", "dask"])
def test_a_folder_that_cannot_be_made_is_named(run_program: Launcher, tmp_path: Path, engine: str) -> None:
    (tmp_path / "file").touch()
    flag = f"--worker_working_dir={tmp_path}/file/work"
    result = run_program(PROGRAM, launcher="runcompss", engine=engine, flags=[flag])
    assert result.returncode == 1
    assert f"{tmp_path}/file/work: Not a directory" in result.stderr
    assert "worker_working_dir" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_place_that_is_none_is_refused(run_program: Launcher) -> None:
    result = run_program(PROGRAM, launcher="runcompss", engine=None, flags=["--worker_working_dir=somewhere"])
    assert result.returncode == 1
    assert "expected shared_disk, local_disk, or the absolute path of a folder" in result.stderr


PROJECT = """<Project>
  <MasterNode/>
  <ComputeNode Name="localhost"><WorkingDir>FOLDER/one</WorkingDir><Application>
    <EnvironmentScript>FOLDER/one.sh</EnvironmentScript><Pythonpath>FOLDER</Pythonpath>
  </Application></ComputeNode>
  <ComputeNode Name="127.0.0.1"><WorkingDir>FOLDER/two</WorkingDir></ComputeNode>
</Project>"""
ON_TWO = """\
import os
from pycompss.api.api import compss_wait_on
from pycompss.api.constraint import constraint
from pycompss.api.parameter import FILE_IN
from pycompss.api.task import task
from tests.support.rendezvous import await_mark, mark

@constraint(computing_units=UNITS)
@task(f=FILE_IN, returns=1)
def look(f, mine, other):
    mark(mine)
    await_mark(other)
    try:
        import of_the_node
    except ImportError:
        of_the_node = None
    return os.environ["COMPSS_NODES"], os.getcwd(), os.environ.get("WHERE"), of_the_node is not None

here = os.getcwd()
open("data", "w").close()
for seen in sorted(compss_wait_on([look("data", here + "/a", here + "/b"), look("data", here + "/b", here + "/a")])):
    print(*seen)
"""


@pytest.mark.parametrize("engine", [None, "dask"])
def test_a_project_says_it_of_each_node(run_program: Launcher, tmp_path: Path, engine: str | None) -> None:
    folder = tmp_path / "nodes"
    folder.mkdir()
    (folder / "one.sh").write_text("export WHERE=one\n")
    (folder / "of_the_node.py").touch()
    (folder / "p.xml").write_text(PROJECT.replace("FOLDER", str(folder)))
    program = ON_TWO.replace("UNITS", str(machine.computing_units()))
    result = run_program(
        program, launcher="runcompss", engine=engine, workers=None, flags=[f"--project={folder}/p.xml"],
        env={"PYTHONPATH": str(REPOSITORY)},
    ).succeeded()  # fmt: skip
    two, one = [line.split() for line in result.stdout.splitlines() if line.startswith(("localhost ", "127.0.0.1 "))]
    assert (one[0], *one[2:]) == ("localhost", "one", "True")
    assert (two[0], *two[2:]) == ("127.0.0.1", "None", "False")
    assert one[1].startswith(f"{folder}/one/pycompss-")
    assert two[1].startswith(f"{folder}/two/pycompss-")
    assert os.listdir(folder / "one") == os.listdir(folder / "two") == []
