"""A run is read along only while somebody looks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pycompss.core.events import Kind
from pycompss.monitor import following
from pycompss.monitor.following import Following
from pycompss.observe.journalfile import NAME, JournalFile
from pycompss.observe.records import Stage
from tests.support.rendezvous import await_true

TYPE = (Kind.TYPE_REGISTERED, 0.0, 0, "m.f")


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[JournalFile]:
    with closing(JournalFile(str(tmp_path / NAME))) as file:
        file.read([(Kind.RUN_STARTED, 0.0, "app.py", (("a", 2, None),)), TYPE])
        yield file


def created(number: int) -> tuple[object, ...]:
    return (Kind.TASK_CREATED, 1.0, number, 0, (), (), (), (), frozenset(), None)


def test_the_first_look_gets_what_happened_before_it(journal: JournalFile, tmp_path: Path) -> None:
    with Following(str(tmp_path)) as run:
        journal.read([created(1), created(2)])
        with run.look() as view:
            assert sorted(view.tasks) == [1, 2]


def test_while_somebody_looks_it_is_read_on(journal: JournalFile, tmp_path: Path) -> None:
    with Following(str(tmp_path)) as run:
        with run.look() as view:
            pass
        journal.read([created(1)])
        await_true(lambda: 1 in view.tasks, "the task is read")


def test_nobody_looks_any_more_and_then_somebody_does(
    journal: JournalFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "PERIOD", 0.001)
    with Following(str(tmp_path)) as run:
        with run.look():
            run.asked -= following.WATCHED  # as if that had been long ago
        await_true(lambda: not run._is_current.is_set(), "it is not read any more")
        journal.read([created(1)])
        with run.look() as view:
            assert 1 in view.tasks


def test_a_run_whose_program_lives_goes_on_also_when_nothing_happens(journal: JournalFile, tmp_path: Path) -> None:
    with Following(str(tmp_path)) as run, run.look() as view:
        assert view.state == "live"
        assert run.now > view.now + 1000  # the time of day; the journal's is that of 1970


def test_a_run_that_is_over_is_not_live_while_it_is_read(journal: JournalFile, tmp_path: Path) -> None:
    run = Following(str(tmp_path))
    assert run.state == "live"
    journal.read([(Kind.RUN_ENDED, 2.0, 0)])
    journal.close()
    assert run.state == "reading"
    with run, run.look():
        assert run.state == "finished"


def test_a_run_whose_program_is_gone_is_over(tmp_path: Path) -> None:
    with closing(JournalFile(str(tmp_path / NAME))) as file:
        file.read([(Kind.RUN_STARTED, 0.0, "app.py", (("a", 2, None),)), TYPE, created(1)])
    with Following(str(tmp_path)) as run, run.look() as view:
        assert (view.state, view.ended, run.now) == ("killed", 1.0, 1.0)
        assert view.stages[Stage.CANCELLED] == 1
