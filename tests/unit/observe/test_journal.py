from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycompss.core.events import NAMES, PACKED, RUN, Kind, Reader
from pycompss.observe import journal as journals
from pycompss.observe.journal import Journal
from pycompss.observe.journalfile import Follower, JournalFile, lines, read
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
    return tmp_path / "journal.events"


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


def test_nothing_is_taken_while_somebody_adds_to_the_last_event():
    lock, kept = threading.Lock(), Kept()
    journal = Journal(period=NEVER, lock=lock)
    journal.attach(kept)
    calls = [-1]
    with lock:
        journal.append((Kind.TASKS_CALLED, 0.0, 1, calls))
        drain = threading.Thread(target=journal.drain)
        drain.start()
        calls.append(2.0)
    drain.join()
    journal.close()
    assert [(kind, time) for kind, time, *_ in kept.events] == [(Kind.TASK_CREATED, 2.0), (Kind.TASK_READY, 2.0)]


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


def test_a_full_disk_is_one_line_that_names_the_file(journal, caplog, tmp_path):
    file = JournalFile(tmp_path / "journal.events")
    file._file.close()
    file._file = open("/dev/full", "wb", buffering=0)  # noqa: SIM115
    journal.attach(file)
    journal.append(event(1))
    journal.drain()
    file.close()
    said = [record.getMessage() for record in caplog.records]
    assert [line.partition("; ")[0] for line in said] == [f"WARNING: {file.path}: No space left on device"]
    assert caplog.records[0].exc_info is None


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


@given(st.lists(st.tuples(st.sampled_from(sorted(set(NAMES) - PACKED)), st.floats(0, 1e10), VALUES)))
def test_any_fields_survive(tmp_path_factory, events):
    path = tmp_path_factory.mktemp("journal") / "journal.events"
    write(path, events)
    assert list(read(path)) == events


def test_what_is_no_plain_value_is_written_as_one(path):
    class Word(str):
        __slots__ = ()

    write(path, [(Kind.BARRIER, 0.0, Word("g"), (Path("x"),))])
    assert list(read(path)) == [(Kind.BARRIER, 0.0, "g", ("x",))]


def test_events_are_on_disk_before_the_file_is_closed(path):
    file = JournalFile(path)
    file.read([event(1)])
    assert list(read(path)) == [event(1)]
    file.close()


def test_a_follower_reads_on_where_it_stopped(path):
    file = JournalFile(path)
    with Follower(path) as follower:
        file.read([event(1)])
        assert list(follower.events()) == [event(1)]
        assert list(follower.events()) == []
        file.read([event(2), event(3)])
        assert list(follower.events()) == [event(2), event(3)]
    file.close()


def two_frames(path):
    """A journal of two frames, and where the second begins."""
    file = JournalFile(path)
    file.read([event(1)])
    start = path.stat().st_size
    file.read([event(2)])
    file.close()
    return path.read_bytes(), start


def test_a_journal_torn_at_any_byte_of_its_last_frame_ends_before_it(path):
    data, start = two_frames(path)
    for end in range(start, len(data)):
        path.write_bytes(data[:end])
        assert list(read(path)) == [event(1)]


def test_the_rest_of_a_torn_frame_is_read_when_it_comes(path):
    data, start = two_frames(path)
    path.write_bytes(data[: start + 9])
    with Follower(path) as follower:
        assert list(follower.events()) == [event(1)]
        path.write_bytes(data)
        assert list(follower.events()) == [event(2)]


def test_damage_is_named_and_what_follows_it_is_read(path):
    data, start = two_frames(path)
    path.write_bytes(data[: start - 1] + b"?" + data[start:])
    complaints: list[str] = []
    assert list(read(path, complaints.append)) == [event(2)]
    assert len(complaints) == 1
    assert "is damaged at byte" in complaints[0]
    with pytest.raises(ValueError, match="is damaged at byte"):
        list(read(path))


def test_damage_at_any_byte_costs_one_frame_at_most(path):
    data, start = two_frames(path)
    first = data.index(b"\n") + 1
    for position in range(first, start):
        path.write_bytes(data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :])
        found = list(read(path, lambda _text: None))
        assert found in ([event(2)], []), position  # [] where the length grew: then it looks torn
        assert found == [event(2)] or first + 4 <= position < first + 8


@pytest.mark.parametrize("text", ["", "{}\n", "no json\n", "[1,2]\n"])
def test_another_file_is_refused(path, text):
    path.write_text(text)
    with pytest.raises(ValueError, match="is not a journal"):
        list(read(path))


@pytest.mark.parametrize("version", [1, 4])
def test_another_version_is_refused(path, version):
    path.write_text(f'{{"format":"pycompss journal","version":{version}}}\n')
    with pytest.raises(ValueError, match=f"journal version {version}; this release reads versions 2 and 3"):
        list(read(path))


def with_kinds(path, kinds):
    """Rewrite the header as another release would have written it."""
    header, rest = path.read_bytes().split(b"\n", 1)
    changed = json.loads(header)
    changed["kinds"].update(kinds)
    path.write_bytes(json.dumps(changed).encode() + b"\n" + rest)


def test_fields_of_another_release_are_found_by_name(path):
    write(path, [(Kind.TASK_READY, 0.5, "soon", 7), (Kind.VERSION_FREED, 1.0)])
    with_kinds(path, {str(Kind.TASK_READY): ["TASK_READY", "mood", "task"], str(Kind.VERSION_FREED): ["VERSION_FREED"]})
    assert list(read(path)) == [(Kind.TASK_READY, 0.5, 7), (Kind.VERSION_FREED, 1.0, None)]


def test_a_kind_of_a_later_release_does_not_disturb_readers(path):
    write(path, [(99, 0.0, "new"), event(1)])
    with_kinds(path, {"99": ["TASK_DREAMT", "dream"]})
    reader = Broken()
    reader.read(read(path))
    assert [kind for kind, *_ in read(path)] == ["TASK_DREAMT", Kind.TASK_READY]


def test_lines_are_json_with_names(path):
    assert list(lines([(Kind.TASK_READY, 0.5, 7), (99, 0.0, frozenset("a"))])) == [
        '["TASK_READY",0.5,7]',
        '[99,0.0,["a"]]',
    ]


def test_readers_get_what_workers_noted_task_by_task():
    class Ran(Reader):
        def __init__(self):
            self.runs = []

        def task_ran(self, ended, node, slot, worker, task, *run):
            self.runs.append((ended, node, slot, worker, task, len(run)))

    reader = Ran()
    runs = tuple((task, 1.0, 1.1, 1.2, 1.3 + task, 0.1, None, None, None, ()) for task in (1, 2))
    reader.read([(Kind.TASKS_RAN, 5.0, "node1", 3, 4, runs)])
    assert reader.runs == [(2.3, "node1", 3, 4, 1, len(RUN) - 1), (3.3, "node1", 3, 4, 2, len(RUN) - 1)]
