"""The line of progress."""

from __future__ import annotations

import io
import threading
from types import SimpleNamespace

import pytest

from pycompss.observe import progress


class Terminal(io.StringIO):
    """Remembers what was written, and says so to who waits."""

    def __init__(self) -> None:
        super().__init__()
        self.shown = threading.Event()

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if "tasks:" in text:
            self.shown.set()
        return super().write(text)


def counts(done: int = 0, running: int = 0, waiting: int = 0, failed: int = 0) -> SimpleNamespace:
    return SimpleNamespace(done=done, running=running, waiting=waiting, failed=failed)


@pytest.fixture
def run() -> SimpleNamespace:
    return SimpleNamespace(stopped=False, statistics=lambda: counts(3, 2, 10))


def test_the_line_tells_the_counts() -> None:
    assert progress.line(counts(3, 2, 10), 1.0) == "tasks: 3 done · 2 running · 10 waiting"
    assert progress.line(counts(3, 2, 10, 1), 1.0) == "tasks: 3 done · 2 running · 10 waiting · 1 failed"


def test_the_rest_is_guessed_when_enough_is_done() -> None:
    assert progress.line(counts(10, 2, 28), 20.0) == "tasks: 10 done · 2 running · 28 waiting · about 60 s left"
    assert progress.seconds_left(counts(4, 2, 28), 20.0) is None
    assert progress.seconds_left(counts(100), 20.0) is None


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "1 s"), (99.4, "99 s"), (180, "3 min"), (3599, "1 h 00 min"), (7500, "2 h 05 min")]
)
def test_durations_are_said_as_people_say_them(seconds: float, text: str) -> None:
    assert progress.duration(seconds) == text


def test_a_short_run_shows_nothing(run: SimpleNamespace) -> None:
    terminal = Terminal()
    line = progress.Progress(run, terminal)
    line.start()
    line.stop()
    assert terminal.getvalue() == ""


def test_it_is_erased_before_the_program_writes(run: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_AFTER", 0)
    monkeypatch.setattr(progress, "_PERIOD", 60)
    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    line = progress.Progress(run, terminal)
    line.start()
    assert terminal.shown.wait(10)
    print("from the program")
    line.stop()
    print("the end")
    shown, erased = "\r\x1b[Ktasks: 3 done · 2 running · 10 waiting", "\r\x1b[K"
    assert terminal.getvalue() == f"{shown}{erased}from the program\nthe end\n"
    assert "write" not in vars(terminal)


def test_it_ends_with_the_run(run: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_AFTER", 0)
    monkeypatch.setattr(progress, "_PERIOD", 0.001)
    terminal = Terminal()
    line = progress.Progress(run, terminal)
    line.start()
    assert terminal.shown.wait(10)
    run.stopped = True
    line._thread.join(10)
    assert not line._thread.is_alive()
    assert terminal.getvalue().endswith("\r\x1b[K")
