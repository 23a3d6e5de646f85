"""Programming model, sections 10.1, 10.2 and 17: what happens when a task fails."""

from __future__ import annotations

import os
import signal
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pycompss.api.api import TaskGroup, compss_barrier, compss_barrier_group, compss_open, compss_wait_on
from pycompss.api.exceptions import COMPSsException
from pycompss.api.on_failure import on_failure
from pycompss.api.parameter import COLLECTION_OUT, FILE_IN, FILE_INOUT, FILE_OUT, INOUT
from pycompss.api.task import task
from pycompss.errors import TaskError, TaskWarning
from pycompss.util.exceptions import PyCOMPSsException
from tests.support.rendezvous import await_mark, mark, note, notes, reached


@task(returns=1)
def identity(x):
    return x


@task(returns=1)
def always_fails(log, x=1):
    note(log, "ran")
    raise ValueError(f"boom {x}")


@task(returns=1)
def fails_at_first(log, x):
    note(log, "ran")
    if len(notes(log)) < 2:
        raise ValueError("only once")
    return x


@task(x=INOUT)
def append_failing_at_first(x, value, log):
    x.append(value)
    note(log, "ran")
    if len(notes(log)) < 3:
        raise ValueError("twice")


@task(a=INOUT)
def add_failing_at_first(a, log):
    a += 1
    note(log, "ran")
    if len(notes(log)) < 4:
        raise ValueError("three times")


@task(f=FILE_INOUT)
def append_file_failing_at_first(f, text, log):
    with open(f, "a") as file:
        file.write(text)
    note(log, "ran")
    if len(notes(log)) < 3:
        raise ValueError("twice")


@task(returns=1, on_failure="FAIL")
def fails_once_for_all(log):
    note(log, "ran")
    raise KeyError("at once")


@task(returns=int, on_failure="IGNORE")
def ignored(log):
    note(log, "ran")
    raise ValueError("ignored")


@task(returns=2, on_failure="IGNORE")
def two_ignored():
    raise ValueError("ignored")


@task(returns=int, on_failure="IGNORE", defaults={"returns": 7})
def ignored_with_default():
    raise ValueError("ignored")


@on_failure(management="IGNORE", returns=0)
@task(returns=int)
def ignored_by_decorator():
    raise ValueError("ignored")


@on_failure(management="IGNORE", returns=5)
@task(returns=int, on_failure="RETRY")
def decorator_wins(log):
    note(log, "ran")
    raise ValueError("ignored")


@on_failure(management="IGNORE", x=["default"])
@task(x=INOUT, returns=1)
def ignored_with_default_object(x):
    x.append("lost")
    raise ValueError("ignored")


@on_failure(management="IGNORE", returns="given")
@task(x=INOUT, returns=1)
def ignored_with_some_defaults(x):
    x.append("kept")
    raise ValueError("ignored")


@task(x=INOUT, on_failure="IGNORE")
def append_then_fail(x, value):
    x.append(value)
    raise ValueError("after the change")


@task(f=FILE_INOUT, on_failure="IGNORE")
def increment_then_fail(f):
    value = int(Path(f).read_text())
    Path(f).write_text(str(value + 1))
    raise ValueError("after the change")


@task(f=FILE_INOUT, on_failure="CANCEL_SUCCESSORS")
def increment_then_cancel(f):
    value = int(Path(f).read_text())
    Path(f).write_text(str(value + 1))
    raise ValueError("after the change")


@task(f=FILE_INOUT)
def increment(f, log):
    note(log, "ran")
    value = int(Path(f).read_text())
    Path(f).write_text(str(value + 1))


@task(x=INOUT, returns=1, on_failure="CANCEL_SUCCESSORS")
def fail_and_cancel(x, go=None):
    if go:
        await_mark(go)
    raise ValueError("cancel the rest")


@task(x=INOUT, returns=1)
def append(x, value):
    x.append(value)
    return len(x)


@task(returns=1)
def work(log, x):
    note(log, "ran")
    return x


@task(x=INOUT)
def append_and_raise(x, value, text="to the group"):
    x.append(value)
    raise COMPSsException(text)


@task(returns=1)
def raises_for_the_group(log, text="to_the group"):
    note(log, "ran")
    raise COMPSsException(text)


@task(f=FILE_OUT)
def raises_without_output(f):
    raise COMPSsException("no output")


@task(f=FILE_IN, returns=1)
def read(f):
    return Path(f).read_text()


@task(c=COLLECTION_OUT, on_failure="IGNORE")
def fills_half(c):
    c[0] = "first"
    raise ValueError("half way")


# ------------------------------------------------------------------ RETRY and FAIL


def test_a_task_is_run_four_times(fresh: Callable[..., Any], folder: Path) -> None:
    """RETRY: resubmitted, then rescheduled: 4 executions; then the next synchronisation raises TaskError."""
    fresh(workers=1)
    result = always_fails(str(folder / "log"))
    with pytest.raises(TaskError, match="always_fails") as caught:
        compss_wait_on(result)
    assert isinstance(caught.value.__cause__, ValueError)
    assert str(caught.value.__cause__) == "boom 1"
    assert notes(folder / "log") == ["ran"] * 4


def test_the_error_names_the_task_the_call_and_the_line(fresh: Callable[..., Any], folder: Path) -> None:
    """The error names the culprit: task, arguments, the line of the program."""
    fresh(workers=1)
    always_fails(str(folder / "log"), x=42)
    with pytest.raises(TaskError) as caught:
        compss_barrier()
    text = str(caught.value)
    assert "always_fails" in text
    assert "42" in text
    assert Path(__file__).name in text
    assert "boom 42" in text


@pytest.mark.parametrize("way", ["wait_on", "barrier", "open", "group"])
def test_the_next_synchronisation_raises(fresh: Callable[..., Any], folder: Path, way: str) -> None:
    """Section 17: the next synchronisation (wait_on, barrier, open, group end) raises, and the error is catchable."""
    fresh(workers=1)
    Path("f").write_text("text")
    with pytest.raises(TaskError, match="always_fails"):
        match way:
            case "wait_on":
                compss_wait_on(always_fails(str(folder / "log")))
            case "barrier":
                always_fails(str(folder / "log"))
                compss_barrier()
            case "open":
                fails_with_file("f").close()
            case "group":
                with TaskGroup("g"):
                    always_fails(str(folder / "log"))


@task(f=FILE_INOUT)
def always_fails_on_file(f):
    raise ValueError("boom")


def fails_with_file(name):
    always_fails_on_file(name)
    return compss_open(name)


def test_a_failed_task_can_be_caught_and_the_program_goes_on(fresh: Callable[..., Any], folder: Path) -> None:
    """… catchable."""
    fresh(workers=2)
    with pytest.raises(TaskError):
        compss_wait_on(always_fails(str(folder / "log")))
    assert compss_wait_on(identity(5)) == 5
    compss_barrier()


def test_fail_runs_a_task_once(fresh: Callable[..., Any], folder: Path) -> None:
    """FAIL: the application stops at once."""
    fresh(workers=1)
    with pytest.raises(TaskError, match="fails_once_for_all") as caught:
        compss_wait_on(fails_once_for_all(str(folder / "log")))
    assert isinstance(caught.value.__cause__, KeyError)
    assert notes(folder / "log") == ["ran"]


def test_a_task_that_fails_at_first_gives_its_result(local: Any, folder: Path) -> None:
    """Given RETRY and a task that fails only on its first attempt, then the result is right."""
    assert compss_wait_on(fails_at_first(str(folder / "log"), 3)) == 3
    assert notes(folder / "log") == ["ran"] * 2


def test_every_attempt_starts_from_the_original_object(local: Any, folder: Path) -> None:
    """… and INOUT is applied once."""
    x = [0]
    append_failing_at_first(x, 1, str(folder / "log"))
    assert compss_wait_on(x) == [0, 1]
    assert notes(folder / "log") == ["ran"] * 3


@pytest.mark.parametrize("size", [10, 1_000_000])
def test_every_attempt_starts_from_the_original_array(local: Any, folder: Path, size: int) -> None:
    """In-place updates of large arrays are undone before another attempt."""
    import numpy as np

    array = np.zeros(size)
    add_failing_at_first(array, str(folder / "log"))
    add_failing_at_first(array, str(folder / "log"))
    result = compss_wait_on(array)
    assert (result.min(), result.max()) == (2.0, 2.0)
    assert notes(folder / "log") == ["ran"] * 5


def test_every_attempt_starts_from_the_original_file(local: Any, folder: Path) -> None:
    Path("f").write_text("start ")
    append_file_failing_at_first("f", "once", str(folder / "log"))
    with compss_open("f") as file:
        assert file.read() == "start once"


def test_exceptions_propagate_in_sequence(inline: Any, folder: Path) -> None:
    """Section 13: exceptions propagate."""
    with pytest.raises(ValueError, match="boom 1"):
        always_fails(str(folder / "log"))
    assert notes(folder / "log") == ["ran"]


class Unpicklable(Exception):
    def __init__(self, a, b):
        super().__init__(f"{a} and {b}")


@task(returns=1, on_failure="FAIL")
def raises_unpicklable():
    raise Unpicklable(1, 2)


def test_an_exception_that_cannot_travel_is_told_all_the_same(fresh: Callable[..., Any]) -> None:
    fresh(workers=1)
    with pytest.raises(TaskError, match="Unpicklable: 1 and 2"):
        compss_wait_on(raises_unpicklable())


@task(returns=1, on_failure="FAIL")
def raises_from_another():
    try:
        {}["inner"]
    except KeyError as error:
        raise RuntimeError("outer") from error


def test_the_traceback_of_the_task_is_shown(fresh: Callable[..., Any], capfd: pytest.CaptureFixture[str]) -> None:
    """Section 17: the first failure is printed at once with its traceback."""
    fresh(workers=1)
    with pytest.raises(TaskError):
        compss_wait_on(raises_from_another())
    shown = capfd.readouterr().err
    assert "raise RuntimeError" in shown
    assert "KeyError" in shown
    assert Path(__file__).name in shown


def test_a_task_that_exits_is_a_failure(fresh: Callable[..., Any], folder: Path) -> None:
    """sys.exit in a task ends the attempt, not the worker's whole run."""

    @task(returns=1, on_failure="IGNORE", defaults={"returns": "default"})
    def leave():
        raise SystemExit(3)

    fresh(workers=1)
    assert compss_wait_on(leave()) == "default"
    assert compss_wait_on(identity(1)) == 1


# ------------------------------------------------------------------ lost workers


@task(returns=1)
def dies_at_first(log, x, how):
    note(log, "ran")
    if len(notes(log)) < 2:
        os.kill(os.getpid(), how) if how else os._exit(9)
    return x


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSEGV, 0], ids=["killed", "segfault", "exit"])
def test_a_task_whose_worker_dies_is_retried(fresh: Callable[..., Any], folder: Path, how: int) -> None:
    """Failure = … lost worker."""
    fresh(workers=2)
    before = [identity([n] * 10_000) for n in range(4)]
    assert compss_wait_on(dies_at_first(str(folder / "log"), 5, how)) == 5
    assert notes(folder / "log") == ["ran"] * 2
    assert [value[0] for value in compss_wait_on(before)] == [0, 1, 2, 3]  # nothing finished is lost


@task(x=INOUT)
def change_and_die_at_first(x, log):
    x += 1
    note(log, "ran")
    if len(notes(log)) < 2:
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_dead_workers_half_done_changes_are_undone(fresh: Callable[..., Any], folder: Path) -> None:
    """Every attempt starts from the original inputs, also when the worker died in the middle of an update in place."""
    import numpy as np

    fresh(workers=2)
    array = np.zeros(500_000)
    change_and_die_at_first(array, str(folder / "log"))
    result = compss_wait_on(array)
    assert (result.min(), result.max()) == (1.0, 1.0)


@task(returns=1, on_failure="FAIL")
def dies():
    os.kill(os.getpid(), signal.SIGKILL)


def test_the_cause_of_a_dead_worker_is_named(fresh: Callable[..., Any]) -> None:
    """A program never hangs: a worker that dies is named with its cause."""
    fresh(workers=1)
    with pytest.raises(TaskError, match=r"(?s)dies.*(SIGKILL|signal 9)"):
        compss_wait_on(dies())


# ------------------------------------------------------------------ IGNORE


def test_an_ignored_failure_gives_none(local: Any, folder: Path) -> None:
    """Given IGNORE and returns=int raising, then compss_wait_on → None; the body runs once."""
    assert compss_wait_on(ignored(str(folder / "log"))) is None
    assert compss_wait_on(two_ignored()) == [None, None]
    assert notes(folder / "log") == ["ran"]


def test_an_ignored_failure_gives_the_default(local: Any) -> None:
    """… with defaults={"returns": 7} → 7."""
    assert compss_wait_on(ignored_with_default()) == 7
    assert compss_wait_on(ignored_by_decorator()) == 0
    assert compss_wait_on(identity(ignored_with_default())) == 7


def test_the_policy_of_the_decorator_wins(local: Any, folder: Path) -> None:
    """@on_failure wins over @task(on_failure=…)."""
    assert compss_wait_on(decorator_wins(str(folder / "log"))) == 5
    assert notes(folder / "log") == ["ran"]


def test_defaults_of_parameters_are_assigned(local: Any) -> None:
    """Defaults: objects are assigned; evaluated once, at decoration; a default need not be given for all."""
    x = [0]
    ignored_with_default_object(x)
    assert compss_wait_on(x) == ["default"]
    y = [0]
    assert compss_wait_on(ignored_with_some_defaults(y)) == "given"
    assert compss_wait_on(y) == [0, "kept"]


def test_the_default_of_a_file_is_copied(local: Any, folder: Path) -> None:
    """For file parameters the default is a path whose content is copied."""
    (folder / "default.txt").write_text("default content")

    @on_failure(management="IGNORE", f=str(folder / "default.txt"))
    @task(f=FILE_OUT)
    def write_nothing(f):
        raise ValueError("ignored")

    write_nothing("out.txt")
    assert compss_wait_on(read("out.txt")) == "default content"


def test_ignored_changes_of_an_object_are_kept(local: Any) -> None:
    """INOUT objects keep the state at the exception."""
    x = [0]
    append_then_fail(x, 1)
    append_then_fail(x, 2)
    assert compss_wait_on(x) == [0, 1, 2]


def test_ignored_changes_of_a_file_are_kept(local: Any) -> None:
    """Given four FILE_INOUT increments each adding then raising under IGNORE on 1, then the file holds 5."""
    Path("f").write_text("1")
    for _ in range(4):
        increment_then_fail("f")
    assert compss_wait_on(read("f")) == "5"


def test_ignored_elements_that_were_not_made_are_none(local: Any) -> None:
    c = [object(), object()]
    fills_half(c)
    first, second = compss_wait_on(c)
    assert first == "first"
    assert second is None or type(second) is object


def test_an_unknown_policy_is_refused_at_decoration() -> None:
    """Unknown value → PyCOMPSsException "ERROR: Unsupported on failure action: …"."""
    with pytest.raises(PyCOMPSsException, match=r"Unsupported on failure action: *SHRUG"):

        @on_failure(management="SHRUG")
        @task()
        def f():
            pass


def test_management_is_mandatory() -> None:
    """management is mandatory."""
    with pytest.raises(PyCOMPSsException, match=r"management.* is mandatory"):

        @on_failure(returns=1)
        @task()
        def f():
            pass


def test_an_unknown_policy_of_task_is_refused() -> None:
    with pytest.raises(PyCOMPSsException, match="SHRUG"):

        @task(on_failure="SHRUG")
        def f():
            pass


# ------------------------------------------------------------------ CANCEL_SUCCESSORS


def test_successors_are_cancelled_and_changes_of_the_file_kept(local: Any, folder: Path) -> None:
    """CANCEL_SUCCESSORS, the first of four chained increments fails on start 1: the file holds 2, 3 are cancelled."""
    Path("f").write_text("1")
    increment_then_cancel("f")
    for _ in range(3):
        increment("f", str(folder / "log"))
    compss_barrier()
    assert notes(folder / "log") == []
    with compss_open("f") as file:
        assert file.read() == "2"


def test_all_dependants_are_cancelled_and_others_go_on(local: Any, folder: Path) -> None:
    """All transitive dependants cancelled; independent tasks continue; waiting gives None, repeatably."""
    x = [0]
    failed = fail_and_cancel(x, str(folder / "go"))
    child = work(str(folder / "log"), failed)
    grandchild = work(str(folder / "log"), child)
    independent = work(str(folder / "log"), "independent")
    mark(folder / "go")
    with pytest.warns(TaskWarning):
        assert compss_wait_on(grandchild) is None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert compss_wait_on(failed, grandchild) == [None, None]
    assert compss_wait_on(independent) == "independent"
    assert notes(folder / "log") == ["ran"]


def test_data_of_cancelled_tasks_revert_to_the_last_valid_version(local: Any, folder: Path) -> None:
    """Cancelled tasks' data revert to the last valid version."""
    x, y = [0], ["y"]
    append(x, 1)
    failed = fail_and_cancel(y, str(folder / "go"))
    append(x, failed)
    append(x, 3)  # needs the cancelled one's x
    mark(folder / "go")
    compss_barrier()
    assert compss_wait_on(x) == [0, 1]


def test_tasks_submitted_after_the_cancellation_work_on_the_last_valid_version(local: Any) -> None:
    """What comes after the failure in the program goes on from what is there."""
    x, y = [0], ["y"]
    append(x, 1)
    failed = fail_and_cancel(y)
    append(x, failed)
    compss_barrier()
    append(x, 2)
    assert compss_wait_on(x) == [0, 1, 2]


# ------------------------------------------------------------------ COMPSsException


def test_a_group_raises_the_exception_of_its_task(local: Any, folder: Path) -> None:
    """A group of 10 tasks, the third raises: the with raises, later members are cancelled, new tasks may come."""
    x: list[Any] = []
    with pytest.raises(COMPSsException, match="to_the group") as caught, TaskGroup("g"):
        for number in range(10):
            if number == 2:
                append_and_raise(x, number, "to_the group")
            else:
                append(x, number)
    assert caught.value.message == "to_the group"
    assert compss_wait_on(x) == [0, 1, 2]  # never retried, its change published, and nothing after it
    assert compss_wait_on(identity("after")) == "after"


def test_later_members_are_cancelled_even_if_they_come_after_the_exception(local: Any, folder: Path) -> None:
    """Whether the program or the exception was faster makes no difference."""
    x = [0]
    with pytest.raises(COMPSsException), TaskGroup("g"):
        append_and_raise(x, 1)
        x = compss_wait_on(x)  # published, so the exception has been noticed
        append(x, 3)
        late = work(str(folder / "log"), "late")
    assert compss_wait_on(x) == [0, 1]
    with pytest.warns(TaskWarning):
        assert compss_wait_on(late) is None
    assert notes(folder / "log") == []


def test_the_raising_task_counts_as_finished(local: Any) -> None:
    """Its INOUT changes are published."""
    x = [0]
    with pytest.raises(COMPSsException), TaskGroup("g"):
        append_and_raise(x, 1)
    append(x, 2)
    assert compss_wait_on(x) == [0, 1, 2]


def test_missing_outputs_of_the_raising_task_are_empty(local: Any) -> None:
    """… missing outputs are empty."""
    with pytest.raises(COMPSsException), TaskGroup("g"):
        raises_without_output("f")
    assert compss_wait_on(read("f")) == ""


def test_a_group_raises_once(local: Any, folder: Path) -> None:
    """Raised once per group."""
    with TaskGroup("g", False):
        raises_for_the_group(str(folder / "log"))
    with pytest.raises(COMPSsException):
        compss_barrier_group("g")
    compss_barrier_group("g")
    compss_barrier()


def test_running_and_pending_members_are_cancelled(local: Any, folder: Path) -> None:
    """Every explicit group containing it: other pending or running members are cancelled."""
    with TaskGroup("g", False):
        running = wait_for_ever(str(folder / "started"), str(folder / "never"))
        pending = work(str(folder / "log"), running)
        await_mark(folder / "started")
        raises_for_the_group(str(folder / "raised"))
    with pytest.raises(COMPSsException):
        compss_barrier_group("g")
    with pytest.warns(TaskWarning):
        assert compss_wait_on(running) is None
    with pytest.warns(TaskWarning):
        assert compss_wait_on(pending) is None
    assert notes(folder / "log") == []


@task(returns=1)
def wait_for_ever(started, never):
    mark(started)
    await_mark(never)


def test_without_a_group_nothing_is_raised_and_nothing_cancelled(local: Any, folder: Path) -> None:
    """Outside any group: only a warning; compss_barrier() never raises."""
    x = [0]
    append_and_raise(x, 1)
    append(x, 2)
    result = raises_for_the_group(str(folder / "log"))
    compss_barrier()
    assert compss_wait_on(x) == [0, 1, 2]
    assert compss_wait_on(result) is None
    assert notes(folder / "log") == ["ran"]


def test_without_a_group_the_program_ends_well(run_program: Any) -> None:
    """Given the same without a group, then the program completes with exit 0, a warning shown (section 16)."""
    program = """
        from pycompss.api.task import task
        from pycompss.api.api import compss_barrier, compss_wait_on
        from pycompss.api.exceptions import COMPSsException

        @task(returns=1)
        def f(n):
            if n == 2:
                raise COMPSsException("nobody listens")
            return n

        if __name__ == "__main__":
            results = [f(n) for n in range(5)]
            compss_barrier()
            print(compss_wait_on(results))
    """
    result = run_program(program)
    assert (result.returncode, result.stdout) == (0, "[0, 1, None, 3, 4]\n"), result.stderr
    assert "nobody listens" in result.stderr


def test_both_barriers_raise(local: Any, folder: Path) -> None:
    """Given an exception inside the inner group only, with an enclosing group, then both barriers raise."""
    with pytest.raises(COMPSsException, match="inner"), TaskGroup("outer"):
        with pytest.raises(COMPSsException, match="inner"), TaskGroup("inner"):
            raises_for_the_group(str(folder / "log"), "inner one")
        identity(1)
    assert reached(folder / "log")


@task()
def calls_one_that_raises():
    raises_a_subclass()


def test_an_exception_of_an_inner_task_reaches_the_group_of_its_caller(local: Any) -> None:
    """Tasks that a member calls are members."""
    with pytest.raises(COMPSsException, match="of_a kind"), TaskGroup("g"):
        calls_one_that_raises()


class OwnException(COMPSsException):
    pass


@task()
def raises_a_subclass():
    raise OwnException("of_a kind")


def test_subclasses_arrive_with_their_text(local: Any) -> None:
    """Section 16: preserve text; raise COMPSsException."""
    with pytest.raises(COMPSsException, match="of_a kind"), TaskGroup("g"):
        raises_a_subclass()


def test_a_group_exception_propagates_in_sequence(inline: Any, folder: Path) -> None:
    """Section 13: given COMPSsException raised in a seq task in a TaskGroup, then it propagates directly."""
    with pytest.raises(COMPSsException, match="to_the group"), TaskGroup("g"):
        raises_for_the_group(str(folder / "log"))
        pytest.fail("never reached")
