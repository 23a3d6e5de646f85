"""Whether a task has printed anything: asked in a process of its own, whose standard streams are the worker's files."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import io, json, os, subprocess, sys
from pycompss.worker.output import Output

output = Output({folder!r}, "worker", keep=False, note=lambda *_: None)
found = [output.is_untouched()]
{deed}
found.append(output.is_untouched())
found.append(output.finish("job1_NEW", failed=False))
found.append(output.is_untouched())
print("of the next")
found.append(output.finish("job2_NEW", failed=True))
with open({folder!r} + "/found", "w") as file:
    json.dump(found, file)
"""


def after(deed: str, folder: Path) -> list[bool]:
    """Untouched before, untouched after, has printed, untouched after that was noted, the next one has printed."""
    subprocess.run([sys.executable, "-c", PROGRAM.format(folder=str(folder), deed=deed)], check=True)
    assert Path(folder, "jobs", "job2_NEW.out").read_text() == "of the next\n"
    return json.loads(Path(folder, "found").read_text())


def test_a_task_that_prints_nothing(tmp_path: Path) -> None:
    assert after("", tmp_path) == [True, True, False, True, True]


@pytest.mark.parametrize(
    "deed",
    [
        'print("a", end="")',
        'sys.stderr.write("a")',
        'os.write(1, b"a")',
        'subprocess.run(["/bin/sh", "-c", "echo a"])',
        'subprocess.run(["/bin/sh", "-c", "(echo a) >&2"])',
    ],
)
def test_a_task_that_prints(deed: str, tmp_path: Path) -> None:
    assert after(deed, tmp_path) == [True, False, True, True, True]


@pytest.mark.parametrize(
    "deed",
    [
        "os.dup2(2, 1)",
        "os.dup2(1, 2)",
        'os.dup2(os.open("/dev/null", os.O_WRONLY), 1)',
        "os.close(2)",
        "sys.stdout = io.StringIO()",
        "os.lseek(1, 0, 0)",
    ],
)
def test_a_task_that_turns_a_stream_elsewhere(deed: str, tmp_path: Path) -> None:
    assert after(deed, tmp_path) == [True, False, False, True, True]


def test_what_goes_to_the_same_file_by_another_way(tmp_path: Path) -> None:
    """It is found with the next thing that is printed; a task that fails is looked at closely in any case."""
    deed = 'with open("/proc/self/fd/1", "a") as stream: stream.write("a")'
    assert after(deed, tmp_path)[2] is True
