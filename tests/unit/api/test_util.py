"""The paths under which programs know exceptions, serialisation and the like."""

from __future__ import annotations

import pickle
import sys

import pytest

import pycompss
from pycompss import errors
from pycompss.api.exceptions import COMPSsException
from pycompss.runtime import current
from pycompss.runtime.future import Future
from pycompss.runtime.launch import launch_pycompss_application
from pycompss.runtime.management.object_tracker import OT
from pycompss.runtime.objects import ObjectTable
from pycompss.tests.outlog import create_logger, get_logger
from pycompss.util.context import CONTEXT
from pycompss.util.exceptions import PyCOMPSsException, SerializerException
from pycompss.util.serialization import serializer
from pycompss.util.tracing.helpers import EventMaster

# ---------------------------------------------------------------- exceptions


def test_the_root_exception_says_whose_it_is():
    assert str(PyCOMPSsException("m")) == "PyCOMPSs Exception: m"


def test_what_is_shown_as_pycompss_task_error_is_found_there():
    assert pycompss.TaskError is errors.TaskError
    assert all(getattr(pycompss, name) is getattr(errors, name) for name in pycompss.__all__)
    with pytest.raises(ImportError, match="cannot import name 'NoSuchError' from 'pycompss'"):
        exec("from pycompss import NoSuchError")


def test_a_users_exception_keeps_its_message_and_direction():
    error = pickle.loads(pickle.dumps(COMPSsException("a_b", 2)))
    assert (str(error), error.message, error.target_direction) == ("a_b", "a_b", 2)
    assert COMPSsException("x").target_direction == -1


# ---------------------------------------------------------------- serialisation


def test_values_survive_bytes_files_and_handles(tmp_path):
    value = {"k": [1, 2.5, None]}
    assert serializer.deserialize_from_bytes(serializer.serialize_to_bytes(value)) == value
    path = str(tmp_path / "value")
    serializer.serialize_to_file(value, path, None)
    assert serializer.deserialize_from_file(path, None) == value
    with open(path, "wb") as file:
        serializer.serialize_to_handler(1, file)
        serializer.serialize_to_handler(2, file)
    with open(path, "rb") as file:
        assert [serializer.deserialize_from_handler(file) for _ in range(2)] == [1, 2]
    serializer.serialize_objects([(3, path), (4, path + "2")], None)
    assert [serializer.deserialize_from_file(name) for name in (path, path + "2")] == [3, 4]


def test_a_lambda_can_be_serialised():
    factor = 3
    assert serializer.deserialize_from_bytes(serializer.serialize_to_bytes(lambda x: factor * x))(2) == 6


def test_what_cannot_be_serialised_leaves_the_file_alone(tmp_path):
    path = tmp_path / "value"
    with pytest.raises(SerializerException, match=r"type generator cannot be serialised: TypeError"):
        serializer.serialize_to_file((n for n in ()), str(path))
    assert not path.exists()


# ---------------------------------------------------------------- where am I


def test_the_context_in_a_parallel_run(recorder):
    assert CONTEXT.in_pycompss()
    assert CONTEXT.in_master()
    assert not CONTEXT.in_worker()
    assert CONTEXT.is_nesting_enabled()


def test_the_context_in_a_sequential_run(inline):
    assert not CONTEXT.in_pycompss()
    assert not CONTEXT.in_master()


def test_asking_for_the_context_starts_nothing(recorder, monkeypatch):
    current.set_(None)
    assert CONTEXT.in_pycompss()
    monkeypatch.setenv("PYCOMPSS_ENGINE", "inline")
    assert not CONTEXT.in_pycompss()
    assert current.peek() is None


# ---------------------------------------------------------------- tracked objects


def test_tracked_objects_are_known_by_identity(recorder):
    recorder.table = ObjectTable()
    tracked, other = [1], [1]
    entry = recorder.table.track(tracked)
    assert OT.is_tracked(tracked)
    assert not OT.is_tracked(other)
    assert OT.get_object_id(tracked) != OT.get_object_id(other) == ""
    assert not OT.pending_to_synchronize(tracked)
    entry.written = True
    assert OT.pending_to_synchronize(tracked)
    entry.synchronised = True
    assert not OT.is_tracked(tracked)


def test_a_future_is_pending_until_its_value_came_home():
    future = Future(1, None)
    assert OT.is_tracked(future)
    assert OT.pending_to_synchronize(future)
    future.value = 3
    assert not OT.pending_to_synchronize(future)


def test_nothing_is_tracked_in_sequential_mode(inline):
    assert not OT.is_tracked([1])
    assert OT.get_object_id([1]) == ""


# ---------------------------------------------------------------- the rest


def test_a_mark_for_traces_is_a_context_manager():
    with EventMaster(3) as mark:
        assert mark.event_id == 3


def test_the_log_of_test_programs_goes_to_standard_output(capsys, monkeypatch):
    logger = get_logger()
    monkeypatch.setattr(logger, "handlers", [])
    assert create_logger() is create_logger() is logger
    logger.debug("a line")
    assert capsys.readouterr().out == "a line\n"


# ---------------------------------------------------------------- launching

APPLICATION = """
import sys
from pycompss.api.task import task

@task(returns=1)
def double(x):
    return 2 * x

def main(x, offset=0):
    return double(x) + offset

if __name__ == "__main__":
    print("as the main program", double(4))
"""


@pytest.fixture
def application(tmp_path, monkeypatch):
    monkeypatch.setenv("PYCOMPSS_ENGINE", "inline")
    monkeypatch.setattr(sys, "path", [*sys.path])
    path = tmp_path / "launched_application.py"
    path.write_text(APPLICATION)
    return str(path)


def test_a_function_of_a_file_is_run(application):
    assert launch_pycompss_application(application, "main", 5, offset=1, log_level="off", graph=False, o_c=True) == 11
    assert current.peek() is None


def test_a_file_is_run_as_the_main_program(application, capsys):
    assert launch_pycompss_application(application, None) is None
    assert capsys.readouterr().out == "as the main program 8\n"


def test_what_cannot_be_launched_is_named(application):
    with pytest.raises(PyCOMPSsException, match=r"'nowhere\.py' is no file"):
        launch_pycompss_application("nowhere.py", "main")
    with pytest.raises(PyCOMPSsException, match="has no function 'missing'"):
        launch_pycompss_application(application, "missing")
    assert current.peek() is None


def test_a_failing_function_stops_the_runtime(application):
    with pytest.raises(TypeError):
        launch_pycompss_application(application, "main", "a", offset=None)
    assert current.peek() is None
