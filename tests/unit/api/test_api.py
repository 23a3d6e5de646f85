"""The functions of the API: what they ask the caller, and the structure of what they give back."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from pycompss.api.api import (
    TaskGroup,
    compss_add_logger,
    compss_barrier,
    compss_barrier_group,
    compss_cancel_group,
    compss_delete_file,
    compss_delete_object,
    compss_file_exists,
    compss_free_resources,
    compss_get_number_of_resources,
    compss_open,
    compss_request_resources,
    compss_set_wall_clock,
    compss_snapshot,
    compss_start,
    compss_stop,
    compss_wait_on,
    compss_wait_on_directory,
    compss_wait_on_file,
)
from pycompss.api.exceptions import COMPSsException
from pycompss.api.task import task
from pycompss.errors import NotInPyCOMPSsException, PyCOMPSsException, TaskWarning
from pycompss.runtime import current


def test_wait_on_gives_a_list_a_value_or_several(recorder):
    assert compss_wait_on() == []
    assert recorder.asked == []
    assert compss_wait_on(7) == "value of 7"
    assert compss_wait_on(1, 2, mode="r") == ["value of 1", "value of 2"]
    assert compss_wait_on(3, to_write=False) == "value of 3"


def test_wait_on_file_keeps_the_structure_and_asks_for_each_name(recorder):
    assert compss_wait_on_file("a") == "a"
    assert compss_wait_on_file("a", ("b", ["c"])) == ["a", ("b", ["c"])]
    assert compss_wait_on_directory(Path("d")) == Path("d")
    assert [asked[1] for asked in recorder.asked] == ["a", "a", "b", "c", "d"]


def test_delete_file_gives_false_per_file(recorder):
    assert compss_delete_file("a", ["b", "c"]) == [False, [False, False]]
    assert compss_delete_file("a") is False
    assert [asked[1] for asked in recorder.asked] == ["a", "b", "c", "a"]


def test_file_exists_keeps_the_structure(recorder):
    assert compss_file_exists("there") is True
    assert compss_file_exists("there", ("gone", "there")) == [True, (False, True)]


@pytest.mark.parametrize("function", [compss_wait_on_file, compss_delete_file, compss_file_exists, compss_open])
def test_what_is_no_file_name_is_refused(function, recorder):
    with pytest.raises(PyCOMPSsException, match="3 is not the name of a file"):
        function(3)


def test_delete_object_gives_true_for_each(recorder):
    thing = [1]
    assert compss_delete_object(thing) is True
    assert compss_delete_object(thing, 2) == [True, True]
    assert recorder.asked[0][1] is thing


def test_open_passes_name_and_mode(recorder):
    assert compss_open("f", "w").read() == "f"
    assert compss_open(Path("g")).read() == "g"
    assert recorder.asked == [("open", "f", "w"), ("open", "g", "r")]


def test_the_rest_is_passed_on(recorder):
    compss_barrier()
    compss_barrier(no_more_tasks=True)
    compss_barrier_group("g")
    compss_cancel_group("g")
    compss_snapshot()
    assert compss_get_number_of_resources() == 3
    compss_request_resources(2, None)
    compss_free_resources(1, "g")
    compss_set_wall_clock(60)
    assert recorder.asked == [
        ("barrier", False),
        ("barrier", True),
        ("barrier_group", "g"),
        ("cancel_group", "g"),
        ("snapshot",),
        ("number_of_resources",),
        ("request_resources", 2, None),
        ("free_resources", 1, "g"),
        ("set_wall_clock", 60),
    ]


# ---------------------------------------------------------------- groups


def test_a_group_opens_closes_and_waits(recorder):
    with TaskGroup("g"):
        recorder.asked.append(("body",))
    assert [asked[0] for asked in recorder.asked] == ["open_group", "body", "close_group", "barrier_group"]


def test_a_group_without_implicit_barrier_does_not_wait(recorder):
    with TaskGroup("g", implicit_barrier=False):
        pass
    with TaskGroup("h", False):
        pass
    assert "barrier_group" not in {asked[0] for asked in recorder.asked}


def test_an_exception_of_the_body_propagates_after_the_barrier(recorder):
    with pytest.raises(ValueError, match="body"), TaskGroup("g"):
        raise ValueError("body")
    assert recorder.asked[-1] == ("barrier_group", "g")


def test_an_exception_of_the_barrier_wins_over_that_of_the_body(recorder):
    recorder.raises["barrier_group"] = COMPSsException("from a task")
    with pytest.raises(COMPSsException, match="from a task") as caught, TaskGroup("g"):
        raise ValueError("body")
    assert isinstance(caught.value.__context__, ValueError)


# ---------------------------------------------------------------- start, stop


def test_after_a_stop_tasks_run_sequentially_and_that_is_said_once(recorder):
    compss_stop(2, _hard_stop=True)
    assert recorder.asked == [("stop", 2, True)]
    increment = task(returns=1)(lambda x: x + 1)
    with pytest.warns(TaskWarning, match="<lambda> is called after the runtime stopped") as said:
        assert increment(1) + increment(2) == 5
    assert [warning.filename for warning in said] == [__file__]
    assert compss_wait_on(5) == 5


def test_a_failing_stop_is_a_stop(recorder):
    recorder.raises["stop"] = PyCOMPSsException("a task failed")
    with pytest.raises(PyCOMPSsException, match="a task failed"):
        compss_stop()
    assert not current.get().parallel


def test_stopping_what_never_started_does_nothing(recorder):
    current.set_(None)
    compss_stop()
    assert current.peek() is None


def test_stopping_the_sequential_engine_changes_nothing(inline):
    compss_stop()
    assert current.get() is inline


def test_starting_a_running_runtime_says_so(recorder, capsys):
    compss_start()
    assert capsys.readouterr().err == "The runtime is already running\n"
    assert current.get() is recorder
    assert recorder.asked == []


def test_a_start_follows_the_environment(inline, monkeypatch):
    monkeypatch.setenv("PYCOMPSS_ENGINE", "inline")
    compss_start(log_level="debug", tracing=True)
    assert current.get() is not inline
    assert not current.get().parallel


# ---------------------------------------------------------------- loggers


def test_a_users_logger_joins_the_runtimes_log(recorder):
    own, handler = logging.getLogger("pycompss"), logging.NullHandler()
    own.addHandler(handler)
    try:
        compss_add_logger("users.own")
        compss_add_logger("users.own")
        assert logging.getLogger("users.own").handlers == own.handlers
    finally:
        own.removeHandler(handler)
        logging.getLogger("users.own").handlers.clear()


def test_there_is_no_log_in_sequential_mode(inline):
    with pytest.raises(NotInPyCOMPSsException, match="Outside PyCOMPSs scope"):
        compss_add_logger("users.own")


# ---------------------------------------------------------------- sequential mode


def test_the_api_in_sequential_mode(inline, tmp_path):
    os.chdir(tmp_path)
    Path("a").write_text("text")
    assert (compss_wait_on(), compss_wait_on(3), compss_wait_on(3, 4)) == ([], 3, [3, 4])
    assert (compss_file_exists("a"), compss_file_exists("a", ["b"])) == (True, [True, [False]])
    with compss_open("a") as file:
        assert file.read() == "text"
    assert (compss_wait_on_file("a"), compss_wait_on_file("a", ["b"])) == ("a", ("a", ["b"]))
    assert (compss_delete_file("a", ["b"]), compss_delete_object([1], [2])) == (True, True)
    assert Path("a").exists()
    assert compss_get_number_of_resources() == 1
    with TaskGroup("g"):
        compss_barrier()
        compss_barrier_group("g")
        compss_cancel_group("g")
        compss_snapshot()
        compss_request_resources(1, None)
        compss_free_resources(1, None)
        compss_set_wall_clock(1)
    compss_stop(1)
