"""What the program and the user read when tasks fail."""

from __future__ import annotations

import pickle
from types import SimpleNamespace
from typing import Any

import pytest

from pycompss.core.failures import Cause, Failure
from pycompss.core.groups import Group
from pycompss.core.invocation import Invocation
from pycompss.core.resources import Node, Requirement, Slot
from pycompss.core.task import Definition, Policy
from pycompss.core.versions import Datum, Status, Version
from pycompss.engines.protocol import Payload
from pycompss.errors import COMPSsException
from pycompss.runtime import failures
from pycompss.runtime.failures import MOST_KINDS, RemoteTraceback, Reporter, attempt_name, describe_call, headline
from pycompss.worker import wire


class Log:
    """A run folder and a codec, as far as failures use them."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.lines: list[str] = []

    def error(self, text: str) -> None:
        self.lines.append(text)

    def decode(self, descriptor: Any) -> Any:
        return pickle.loads(descriptor)


@pytest.fixture
def log(tmp_path) -> Log:
    return Log(str(tmp_path))


@pytest.fixture
def reporter(log: Log) -> Reporter:
    return Reporter(SimpleNamespace(folder=log, values=SimpleNamespace(codec=log)))


def call(*args: Any, policy: Policy = Policy.RETRY, **keywords: Any) -> Invocation:
    definition = Definition(lambda: None, "app.scale", parameters=("x", "factor"), policy=policy)
    task = Invocation(7, definition, Requirement(1, 0), Payload(0, args, keywords or None))
    task.attempt = 2
    task.slot = Slot(1, Node(0, "node1", 1), Requirement(1, 0))
    task.place = (call.__code__, call.__code__.co_firstlineno)
    return task


def described(reporter: Reporter, task: Invocation, **known: Any) -> Failure:
    text = known.get("text", "Traceback …\nValueError: bad")
    return reporter.describe(
        task, Cause.EXCEPTION, known.get("message", "ValueError: bad"), text, known.get("exception")
    )


@pytest.mark.parametrize(
    ("argument", "shown"),
    [
        (2, "2"),
        ("x" * 100, "'" + "x" * 36 + "..."),
        ((wire.READ, 0), "<object>"),
        ((wire.LIST, ()), "[...]"),
        ((wire.DICT, ()), "{...}"),
        ((wire.CREATE, None), "<new>"),
        ((wire.FILE, 0, 0, "in.txt", -1, False), "'in.txt'"),
    ],
)
def test_a_call_is_shown_with_short_arguments(argument: Any, shown: str) -> None:
    assert describe_call(call(argument, 3)) == f"app.scale(x={shown}, factor=3)"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "0"), ("a", "'a'"), (("pickled", b""), "<value of app.load>"), (None, "<value of app.load>")],
)
def test_what_a_future_stood_for_is_shown(value: Any, shown: str) -> None:
    task = call((wire.READ, 0), (wire.UPDATE, 1, -1))
    producer = Invocation(6, Definition(lambda: None, "app.load"), Requirement(1, 0), None)
    made, own = Version(Datum(1), 1, producer, Status.READY), Version(Datum(2), 1, None, Status.READY)
    made.value, own.value = value, ("pickled", b"")
    task.reads = [made, own]
    assert describe_call(task) == f"app.scale(x={shown}, factor=<object>)"


def test_keywords_are_shown_by_their_names() -> None:
    assert describe_call(call(1, factor=2)) == "app.scale(x=1, factor=2)"


def test_a_failure_names_call_node_attempt_and_line(reporter: Reporter) -> None:
    failure = described(reporter, call(1, 2))
    assert headline(failure) == "app.scale(x=1, factor=2) failed on node1 (attempt 2 of 4)"
    assert failure.where == f"{__file__}:{call.__code__.co_firstlineno}"


def test_a_task_that_is_never_tried_again_has_no_count_of_attempts(reporter: Reporter) -> None:
    failure = described(reporter, call(1, 2, policy=Policy.FAIL))
    assert headline(failure) == "app.scale(x=1, factor=2) failed on node1"


def test_the_error_shows_the_line_of_the_call_and_the_output(reporter: Reporter, tmp_path) -> None:
    output = tmp_path / "jobs" / "job7_RESUBMITTED.err"
    output.parent.mkdir()
    output.touch()
    lines = str(reporter.error(described(reporter, call(1, 2)))).splitlines()
    assert lines[1].endswith("def call(*args: Any, policy: Policy = Policy.RETRY, **keywords: Any) -> Invocation:")
    assert lines[2:] == ["    ValueError: bad", f"    output of the task:  {output}"]


def test_all_lines_of_what_a_task_died_of_stand_below_its_call(reporter: Reporter) -> None:
    failure = described(reporter, call(1, 2), message="ProgramError: exit code 2\n  the end of its standard error:")
    lines = str(reporter.error(failure)).splitlines()
    assert lines[2:] == ["    ProgramError: exit code 2", "      the end of its standard error:"]


def test_the_error_is_caused_by_the_tasks_own_exception_with_its_traceback(reporter: Reporter) -> None:
    failure = described(reporter, call(), exception=pickle.dumps(ValueError("bad")))
    cause = reporter.error(failure).__cause__
    assert isinstance(cause, ValueError)
    assert isinstance(cause.__cause__, RemoteTraceback)
    assert str(cause.__cause__) == "\nTraceback …\nValueError: bad"
    assert failure.reported


def test_an_exception_that_cannot_be_read_here_leaves_its_text(reporter: Reporter) -> None:
    cause = reporter.error(described(reporter, call(), exception=b"no pickle")).__cause__
    assert isinstance(cause, RemoteTraceback)


def test_the_same_failure_is_printed_once_and_logged_each_time(
    reporter: Reporter, log: Log, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(3):
        reporter.report(described(reporter, call(1, 2)), "retry")
    printed = capsys.readouterr().err
    assert printed.count("will be tried again (attempt 3 of 4)") == 1
    assert len(log.lines) == 3


def test_a_flood_of_different_failures_is_not_printed(
    reporter: Reporter, log: Log, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(MOST_KINDS + 50):
        reporter.report(described(reporter, call(), message=f"ValueError: {number}"), "failed")
    assert capsys.readouterr().err.count("[ERRMGR]") == MOST_KINDS + 1
    assert len(log.lines) == MOST_KINDS + 50


def test_last_words_are_kept_and_their_end_is_told(reporter: Reporter, tmp_path) -> None:
    said = "\n".join(f"line {number}" for number in range(100)).encode()
    text = reporter.keep_last_words(call(), "its worker was killed", (b"out", said))
    assert text.splitlines() == [*(f"line {number}" for number in range(80, 100)), "its worker was killed"]
    assert (tmp_path / "jobs" / "job7_RESUBMITTED.out").read_bytes() == b"out"
    assert (tmp_path / "jobs" / "job7_RESUBMITTED.err").read_bytes() == said


def test_attempts_have_the_names_that_files_of_output_bear() -> None:
    assert [attempt_name(n) for n in (1, 2, 3, 4)] == ["NEW", "RESUBMITTED", "RESCHEDULED", "RESCHEDULED_RESUBMITTED"]


def test_a_groups_exception_is_raised_once() -> None:
    group = Group("g")
    group.exception = "stop"
    with pytest.raises(COMPSsException, match="stop"):
        failures.raise_group_exception(group)
    failures.raise_group_exception(group)
