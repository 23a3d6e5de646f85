from __future__ import annotations

import subprocess
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycompss.core.events import FIELDS, Kind, Reader
from pycompss.observe import journal as journals
from pycompss.observe.journal import Journal
from pycompss.observe.journalfile import JournalFile, read
from tests.unit.observe import histories

NEVER = 3600.0  # a period that does not pass in a test


class Kept:
    def __init__(self):
        self.events = []
        self.is_closed = False

    def read(self, events):
        self.events.extend(events)

    def close(self):
        self.is_closed = True


class Broken(Reader):
    def barrier(self, *_fields):
        raise RuntimeError("cannot draw")


@pytest.fixture
def journal():
    result = Journal(period=NEVER)
    yield result
    result.close()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.jsonl"


def event(number):
    return (Kind.TASK_READY, 0.0, number)


def write(path, events):
    file = JournalFile(path)
    file.read(events)
    file.close()


# ---------------------------------------------------------------- in memory


def test_readers_get_everything_in_order_when_the_journal_is_drained(journal):
    one, other = Kept(), Kept()
    journal.attach(one)
    journal.attach(other)
    for number in range(3):
        journal.events.append(event(number))
    journal.drain()
    assert one.events == other.events == [event(0), event(1), event(2)]
    assert journal.events == []


def test_a_journal_is_heard_while_somebody_is_attached(journal):
    reader = Kept()
    assert not journal.is_heard
    journal.attach(reader)
    assert journal.is_heard
    journal.detach(reader)
    assert not journal.is_heard


def test_a_reader_hears_nothing_from_before_or_after_its_time(journal):
    early, late = Kept(), Kept()
    journal.attach(early)
    journal.append(event(1))
    journal.attach(late)
    journal.append(event(2))
    journal.detach(early)
    journal.append(event(3))
    journal.drain()
    assert early.events == [event(1), event(2)]
    assert late.events == [event(2), event(3)]


def test_the_thread_drains_without_being_asked():
    arrived = threading.Event()

    class Waiting(Kept):
        def read(self, events):
            arrived.set()

    journal = Journal(period=0.01)
    journal.attach(Waiting())
    journal.append(event(1))
    assert arrived.wait(20)
    journal.close()


def test_too_many_waiting_events_are_drained_at_once(journal, monkeypatch):
    monkeypatch.setattr(journals, "FULL", 3)
    reader = Kept()
    journal.attach(reader)
    for number in range(3):
        journal.append(event(number))
    journal.relieve()
    assert reader.events == []
    journal.append(event(3))
    journal.relieve()
    assert len(reader.events) == 4


def test_nothing_is_lost_or_moved_while_one_thread_records_and_others_drain(journal):
    reader = Kept()
    journal.attach(reader)
    drainers = [threading.Thread(target=lambda: [journal.drain() for _ in range(200)]) for _ in range(2)]
    for thread in drainers:
        thread.start()
    for number in range(20_000):
        journal.append(event(number))
    for thread in drainers:
        thread.join()
    journal.close()
    assert [number for _, _, number in reader.events] == list(range(20_000))


def test_closing_delivers_the_rest_and_closes_the_readers(journal):
    reader = Kept()
    journal.attach(reader)
    journal.append(event(1))
    journal.close()
    journal.close()
    assert reader.events == [event(1)]
    assert reader.is_closed


def test_a_reader_that_raises_is_reported_and_left_out_and_the_others_go_on(journal, caplog):
    broken, reader = Broken(), Kept()
    journal.attach(broken)
    journal.attach(reader)
    journal.append((Kind.BARRIER, 0.0, None, ()))
    journal.drain()
    journal.append(event(2))
    journal.drain()
    assert len(reader.events) == 2
    assert [(who, str(why)) for who, why in journal.failures] == [(broken, "cannot draw")]
    assert "Broken stopped; the run goes on without it" in caplog.text


def test_the_journal_loads_no_reader():
    heavy = {"json", "zlib", "logging", "pycompss.observe.dot", "pycompss.observe.journalfile"}
    code = f"import sys, pycompss.observe.journal; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout == "[]\n"


# ---------------------------------------------------------------- on disk


def test_a_journal_file_gives_back_what_was_recorded(path):
    history = histories.grouped()
    write(path, history.events)
    assert list(read(path)) == history.events


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(), lambda inner: st.tuples(inner)
)


@given(st.lists(st.tuples(st.sampled_from(list(Kind)[2:]), st.floats(0, 1e10), VALUES)))
def test_any_fields_survive(tmp_path_factory, events):
    path = tmp_path_factory.mktemp("journal") / "journal.jsonl"
    write(path, events)
    assert list(read(path)) == events


def test_flags_are_a_set_again(path):
    write(path, histories.grouped().events)
    position = 2 + FIELDS[Kind.TASK_CREATED].index("flags")
    flags = [event[position] for event in read(path) if event[0] == Kind.TASK_CREATED]
    assert flags[-1] == {"replicated"}


def test_events_are_on_disk_before_the_file_is_closed(path):
    file = JournalFile(path)
    file.read([event(1)])
    assert list(read(path)) == [event(1)]
    file.close()


def test_a_journal_torn_at_any_byte_of_its_last_line_ends_before_it(path):
    write(path, [event(1), event(2)])
    data = path.read_bytes()
    last = data[:-1].rindex(b"\n") + 1
    for end in range(last, len(data)):
        path.write_bytes(data[:end])
        assert list(read(path)) == [event(1)]


def test_a_broken_line_in_the_middle_is_named(path):
    write(path, [event(1), event(2)])
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([lines[0], "[1,\n", lines[2]]))
    with pytest.raises(ValueError, match=r"journal\.jsonl, line 2: not an event of a journal"):
        list(read(path))


@pytest.mark.parametrize("text", ["", "{}\n", "no json\n", "[1,2]\n"])
def test_another_file_is_refused(path, text):
    path.write_text(text)
    with pytest.raises(ValueError, match="is not a journal"):
        list(read(path))


def test_a_later_version_is_refused(path):
    path.write_text('{"format":"pycompss journal","version":2}\n')
    with pytest.raises(ValueError, match="journal version 2; this release reads version 1"):
        list(read(path))


def test_a_kind_of_a_later_release_does_not_disturb_readers(path):
    write(path, [(99, 0.0, "new"), event(1)])
    reader = Broken()
    reader.read(read(path))
    assert [kind for kind, *_ in read(path)] == [99, Kind.TASK_READY]
