"""How the end of a program becomes the end of its run."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any

import pytest

from pycompss.errors import TaskError
from pycompss.runtime import current, ending, uncaught


class Caller:
    """Writes down how it is stopped; fails as it is told, once."""

    parallel = True

    def __init__(self, *failures: BaseException) -> None:
        self.failures = list(failures)
        self.stops: list[tuple[int, bool]] = []

    def stop(self, code: int = 0, *, hard: bool = False) -> None:
        self.stops.append((code, hard))
        if self.failures:
            raise self.failures.pop(0)


@pytest.fixture
def finish() -> Iterator[Any]:
    """`finish(caller, code) -> exit code`."""

    def finish(caller: Caller, code: int) -> int:
        current.set_(caller)  # type: ignore[arg-type]
        return ending.finish(code)

    yield finish
    assert current.peek() is None


@pytest.mark.parametrize(
    ("asked", "code"), [(None, 0), (0, 0), (3, 3), (256, 0), (-1, 255), (True, 1), ("text", 1), ("", 1), (1.0, 1)]
)
def test_exit_codes_are_those_of_python(asked: object, code: int) -> None:
    assert ending.exit_code(asked) == code


@pytest.mark.parametrize("code", [0, 3])
def test_the_runtime_is_stopped_with_the_code(finish: Any, code: int) -> None:
    caller = Caller()
    assert finish(caller, code) == code
    assert caller.stops == [(code, False)]


def test_a_failed_task_makes_it_1(finish: Any, capsys: pytest.CaptureFixture[str]) -> None:
    caller = Caller(TaskError("f(x=1) failed"))
    assert finish(caller, 0) == 1
    assert caller.stops == [(0, False), (1, True)]
    assert capsys.readouterr().err.endswith("pycompss.TaskError: f(x=1) failed\n")


def test_an_interrupted_end_is_hard(finish: Any) -> None:
    caller = Caller(KeyboardInterrupt())
    assert finish(caller, 0) == 130
    assert caller.stops == [(0, False), (130, True)]


def test_nothing_keeps_the_process_from_ending(finish: Any, capsys: pytest.CaptureFixture[str]) -> None:
    caller = Caller(RuntimeError("first"), RuntimeError("second"))
    assert finish(caller, 0) == 1
    said = capsys.readouterr().err
    assert "RuntimeError: first" in said
    assert "RuntimeError: second" in said


def test_what_comes_afterwards_gets_the_code_once(finish: Any) -> None:
    codes: list[int] = []
    ending.afterwards(codes.append)
    finish(Caller(TaskError("failed")), 0)
    finish(Caller(), 0)
    assert codes == [1]


def frame_of(source: str) -> FrameType | None:
    """The frame of a module after its code ended, in whatever way."""
    frames: list[FrameType] = []
    try:
        exec(source, {"note": lambda: frames.append(sys._getframe(1)), "sys": sys})
    except (SystemExit, ZeroDivisionError):
        return frames[0]
    return frames[0]


@pytest.mark.parametrize("source", ["note()", "note()\ntry:\n    1 / 0\nexcept ZeroDivisionError:\n    pass\n",
                                    "note()\nif True:\n    x = 1\nelse:\n    x = 2"])  # fmt: skip
def test_a_module_that_reached_its_end_is_known(source: str) -> None:
    assert ending._returned(frame_of(source))


@pytest.mark.parametrize("source", ["note()\n1 / 0", "note()\nraise SystemExit(0)", "note()\nsys.exit(0)",
                                    "note()\nfor i in range(3):\n    (lambda: 1 / 0)()"])  # fmt: skip
def test_a_module_that_ended_by_an_exception_is_known(source: str) -> None:
    assert not ending._returned(frame_of(source))


# ---------------------------------------------------------------- uncaught exceptions


def raised(source: str, file: str = "/there/app.py") -> BaseException:
    try:
        exec(compile(source, file, "exec"), {"uncaught": uncaught, "TaskError": TaskError})
    except (TaskError, ValueError) as error:
        return error
    raise AssertionError


def test_our_frames_are_left_out_also_of_causes(capsys: pytest.CaptureFixture[str]) -> None:
    source = "try:\n    uncaught._lines(3)\nexcept Exception as e:\n    raise ValueError('outer') from e"
    uncaught.show(raised(source))
    said = capsys.readouterr().err
    assert "pycompss/runtime" not in said
    assert said.count("app.py") == 2
    assert said.endswith("ValueError: outer\n")


def test_an_error_of_our_own_keeps_its_frames(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        uncaught.is_ours(3)  # type: ignore[arg-type]
    except AttributeError as error:
        error.__traceback__ = error.__traceback__.tb_next  # type: ignore[union-attr]
        uncaught.show(error)
    assert "uncaught.py" in capsys.readouterr().err


def test_a_task_error_is_told_without_its_cause(capsys: pytest.CaptureFixture[str]) -> None:
    uncaught.show(raised("try:\n    1 / 0\nexcept Exception as e:\n    raise TaskError('f() failed') from e"))
    said = capsys.readouterr().err
    assert said.splitlines()[-1] == "pycompss.TaskError: f() failed"
    assert "ZeroDivisionError" not in said
