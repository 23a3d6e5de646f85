"""What tasks are told by the environment."""

from __future__ import annotations

import os
import resource
import subprocess

import pytest

from pycompss.worker.units import THREAD_VARIABLES, Units, tell_task

MANY = 200_000  # tasks


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test changes comes back."""
    for name in (*THREAD_VARIABLES, "COMPSS_TASK_ID", "PURECOMPSS_A", "PURECOMPSS_B"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


def test_units_are_told_to_libraries(environment: None) -> None:
    units = Units()
    assert {os.environ[name] for name in THREAD_VARIABLES} == {"1"}
    units.set(3, {})
    assert {os.environ[name] for name in THREAD_VARIABLES} == {"3"}


def test_what_a_slot_adds_is_taken_back_when_the_next_does_not_have_it(
    environment: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PURECOMPSS_A", "before")
    units = Units()
    units.set(1, {"PURECOMPSS_A": "first", "PURECOMPSS_B": "first"})
    assert (os.environ["PURECOMPSS_A"], os.environ["PURECOMPSS_B"]) == ("first", "first")
    units.set(1, {"PURECOMPSS_B": "second"})
    assert (os.environ["PURECOMPSS_A"], os.environ["PURECOMPSS_B"]) == ("before", "second")
    units.set(1, {})
    assert "PURECOMPSS_B" not in os.environ


def test_a_task_s_number_is_in_the_environment_of_all_that_it_starts(environment: None) -> None:
    tell_task(17)
    assert os.environ["COMPSS_TASK_ID"] == "17"
    shell = subprocess.run(["/bin/sh", "-c", "echo $COMPSS_TASK_ID"], capture_output=True, text=True, check=True)
    assert shell.stdout == "17\n"


def test_a_task_that_changes_its_number_does_not_change_that_of_the_next(environment: None) -> None:
    tell_task(17)
    os.environ["COMPSS_TASK_ID"] = "of mine"
    tell_task(18)
    assert _in_a_shell() == ["18"]
    del os.environ["COMPSS_TASK_ID"]
    tell_task(9)
    assert _in_a_shell() == ["9"]
    os.environ["COMPSS_TASK_ID"] = "9"
    tell_task(1234)
    assert _in_a_shell() == ["1234"]
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(before)
    tell_task(56)
    assert _in_a_shell() == ["56"]


def test_a_worker_s_memory_does_not_grow_with_the_numbers_of_its_tasks(environment: None) -> None:
    tell_task(1 << 40)
    before = _resident()
    for number in range(1 << 40, (1 << 40) + MANY):
        tell_task(number)
    assert (_resident() - before) / MANY < 16  # bytes a task; it was 64


def _in_a_shell() -> list[str]:
    command = ["/bin/sh", "-c", "env | grep ^COMPSS_TASK_ID="]
    shell = subprocess.run(command, capture_output=True, text=True, check=True)
    return [line.partition("=")[2] for line in shell.stdout.splitlines()]


def _resident() -> int:
    """Bytes of this process that are in memory."""
    with open("/proc/self/statm") as numbers:
        return int(numbers.read().split()[1]) * resource.getpagesize()
