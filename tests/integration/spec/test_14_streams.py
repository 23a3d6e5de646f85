"""Section 14.3: streams of objects and of files, between tasks that run at the same time."""

from __future__ import annotations

import os
import signal
import threading
import time
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pycompss.api.api import compss_barrier, compss_wait_on
from pycompss.api.binary import binary
from pycompss.api.parameter import STREAM_IN, STREAM_OUT
from pycompss.api.task import task
from pycompss.streams.distro_stream import (
    AT_LEAST_ONCE,
    AT_MOST_ONCE,
    BackendException,
    FileDistroStream,
    ObjectDistroStream,
    PscoDistroStream,
    RegistrationException,
)


@task(stream=STREAM_OUT)
def produce(stream: Any, items: Any) -> None:
    for item in items:
        stream.publish(item)
    stream.close()


@task(stream=STREAM_OUT)
def produce_without_closing(stream: Any, items: Any) -> None:
    stream.publish_list(items)


@task(stream=STREAM_OUT, on_failure="IGNORE")
def publish_and_die(stream: Any, items: Any) -> None:
    stream.publish_list(items)
    os.kill(os.getpid(), signal.SIGKILL)


@task(stream=STREAM_OUT, on_failure="IGNORE")
def publish_and_fail(stream: Any, items: Any) -> None:
    stream.publish_list(items)
    raise ValueError(items)


@task(stream=STREAM_IN, returns=1)
def consume(stream: Any) -> list[Any]:
    got: list[Any] = []
    while not stream.is_closed():
        got += stream.poll()
    return got + stream.poll()


@task(stream=STREAM_IN, returns=1)
def consume_impatiently(stream: Any) -> list[Any]:
    got: list[Any] = []
    while not stream.is_closed():
        got += stream.poll(timeout=0)
    return got + stream.poll(timeout=0)


@task(stream=STREAM_OUT)
def create_files(stream: Any, names: Any) -> None:
    for name in names:
        Path(stream.base_dir, name).write_text(name)


@task(questions=STREAM_IN, answers=STREAM_OUT)
def answer(questions: Any, answers: Any) -> None:
    while not questions.is_closed():
        answers.publish_list([2 * number for number in questions.poll()])
    answers.publish_list([2 * number for number in questions.poll()])


@task(returns=1)
def open_by_alias(alias: str) -> Any:
    stream = ObjectDistroStream(alias=alias)
    return stream.get_stream_id(), stream.poll(timeout=0)


@task(returns=1)
def produce_inside(stream: Any) -> int:
    produce(stream, [1, 2])
    produce_without_closing(stream, [3])
    compss_barrier()
    return 3


@binary(binary="touch", args="{{stream}}/a {{stream}}/b")
@task(stream=STREAM_OUT)
def touch(stream: Any) -> None:
    pass


@binary(binary="rmdir")
@task(stream=STREAM_OUT)
def remove_folder(stream: Any) -> None:
    pass


def together(lists: list[list[Any]]) -> list[Any]:
    return list(chain.from_iterable(lists))


def test_a_consumer_collects_what_a_producer_publishes_each_once(engine):
    stream = ObjectDistroStream()
    produce(stream, list(range(10)))
    assert compss_wait_on(consume(stream)) == list(range(10))
    assert stream.is_closed()


def test_consumers_come_first_and_take_no_place_from_producers(local):
    """More consumers than computing units; the producers get them all the same."""
    stream = ObjectDistroStream()
    consumers = [consume(stream), consume_impatiently(stream), consume(stream)]
    for start in (0, 10):
        produce(stream, list(range(start, start + 10)))
    assert sorted(together(compss_wait_on(consumers))) == list(range(20))


def test_tasks_that_answer_each_other_run_together(local):
    questions, answers = ObjectDistroStream(), ObjectDistroStream()
    answer(questions, answers)
    got: list[int] = []
    for number in range(3):
        questions.publish(number)
        while len(got) <= number:
            got += answers.poll()
    questions.close()
    compss_barrier()
    assert got == [0, 2, 4]
    assert answers.is_closed()


def test_files_are_polled_once(engine, folder):
    stream = FileDistroStream(base_dir="data")
    create_files(stream, ["a", "b", "c"])
    compss_barrier()
    paths = stream.poll() + stream.poll(timeout=100) + stream.poll()
    assert sorted(paths) == [str(folder / "data" / name) for name in "abc"]


def test_files_reach_a_consumer_that_waits(local):
    stream = FileDistroStream(base_dir="data")
    consumers = [consume(stream), consume_impatiently(stream), consume(stream)]
    create_files(stream, ["a", "b", "c"])
    create_files(stream, ["d"])
    paths = together(compss_wait_on(consumers))
    assert sorted(os.path.basename(path) for path in paths) == ["a", "b", "c", "d"]


def test_files_of_before_and_hidden_ones_are_no_news(engine, folder):
    data = folder / "data"
    data.mkdir()
    (data / "old").touch()
    stream = FileDistroStream("files", data)
    for name in (".hidden", "half.tmp", "new"):
        (data / name).touch()
    assert FileDistroStream("files").poll() == [str(data / "new")]
    stream.publish("this does nothing")
    assert stream.poll() == []


def test_a_file_that_somebody_writes_is_not_given_yet(local, folder):
    stream = FileDistroStream(base_dir=folder)
    with open("numbers", "w", encoding="utf-8") as file:
        assert stream.poll(timeout=100) == []
        file.write("1")
    assert stream.poll() == [str(folder / "numbers")]


def test_a_program_gets_the_folder_and_closes_the_stream_with_its_end(local, folder):
    stream = FileDistroStream(base_dir="of programs")
    touch(stream)
    compss_barrier()
    assert stream.is_closed()
    assert sorted(stream.poll()) == [str(folder / "of programs" / name) for name in "ab"]


def test_a_stream_is_a_word_on_a_command_line(local, folder):
    stream = FileDistroStream(base_dir="empty")
    remove_folder(stream)
    compss_barrier()
    assert not (folder / "empty").exists()
    assert stream.poll() == []


@pytest.mark.parametrize("producer", [produce_without_closing, publish_and_die, publish_and_fail])
def test_a_producer_that_ends_closes_however_it_ends(local, producer):
    stream = ObjectDistroStream()
    collected = consume(stream)
    producer(stream, [1, 2, 3])
    assert compss_wait_on(collected) == [1, 2, 3]


def test_the_same_alias_is_the_same_stream(engine):
    first = ObjectDistroStream(alias="same")
    second = ObjectDistroStream("same", access_mode=AT_LEAST_ONCE)
    assert first.get_stream_id() == second.get_stream_id()
    assert first.get_stream_alias() == "same"
    assert first.get_stream_type() == "OBJECTS"
    assert second.access_mode == AT_MOST_ONCE
    first.publish("x")
    assert compss_wait_on(open_by_alias("same")) == (first.get_stream_id(), ["x"])
    assert ObjectDistroStream().get_stream_id() != ObjectDistroStream().get_stream_id()


def test_an_alias_keeps_its_meaning(engine):
    ObjectDistroStream(alias="taken")
    with pytest.raises(RegistrationException, match="'taken' stands for a stream of OBJECTS"):
        PscoDistroStream(alias="taken")
    with pytest.raises(RegistrationException, match="needs base_dir"):
        FileDistroStream(alias="unknown")
    with pytest.raises(RegistrationException, match="expected AT_MOST_ONCE or AT_LEAST_ONCE"):
        ObjectDistroStream(access_mode="SOMETIMES")
    Path("file").touch()
    with pytest.raises(RegistrationException, match="cannot be a folder"):
        FileDistroStream(base_dir="file")


def test_a_closed_stream_takes_nothing(local):
    stream = ObjectDistroStream("shut")
    stream.publish(1)
    assert not stream.is_closed()
    stream.close()
    with pytest.raises(BackendException, match="stream 'shut' is closed"):
        stream.publish(2)
    assert stream.is_closed()
    assert stream.poll() == [1]


def test_a_task_may_publish_after_another_has_closed(engine):
    stream = ObjectDistroStream()
    produce(stream, [1])
    produce(stream, [2])
    compss_barrier()
    assert sorted(stream.poll()) == [1, 2]


def test_tasks_inside_tasks_are_producers(engine):
    stream = ObjectDistroStream()
    assert compss_wait_on(produce_inside(stream)) == 3
    assert sorted(stream.poll()) == [1, 2, 3]


def test_futures_and_objects_of_main_are_items(engine):
    stream = ObjectDistroStream()
    stream.publish_list([open_by_alias("other")])
    assert stream.poll()[0][1] == []


def test_a_parameter_that_is_no_stream_is_named(local):
    with pytest.raises(TypeError, match=r"consume.*'stream' is declared as a stream.*not 3 \(.*test_14_streams.py"):
        consume(3)


@task(stream=STREAM_IN, returns=1)
def fail_once(stream: Any, mark: str) -> list[Any]:
    got = stream.poll()
    if not os.path.exists(mark):
        Path(mark).touch()
        raise OSError(got)
    return got


@pytest.mark.parametrize(("mode", "left"), [(AT_MOST_ONCE, []), (AT_LEAST_ONCE, ["x"])])
def test_what_a_failed_attempt_got_comes_again_if_asked_for(local, folder, mode, left):
    stream = ObjectDistroStream(access_mode=mode)
    stream.publish("x")
    assert compss_wait_on(fail_once(stream, str(folder / mode))) == left


@task(stream=STREAM_IN)
def wait_for_long(stream: Any) -> None:
    stream.poll(timeout=1e9)


def clocks() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "streams"]


def test_a_run_that_is_broken_off_while_a_task_polls_leaves_no_thread(fresh):
    session = fresh()
    stream = ObjectDistroStream()
    stream.publish_list([])  # so that it stays open
    wait_for_long(stream)
    deadline = time.monotonic() + 20
    while not clocks():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    session.stop(1, hard=True)
    for thread in clocks():
        thread.join(20)
    assert clocks() == []


BATCHES = st.lists(st.lists(st.integers(), max_size=5), min_size=1, max_size=4)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=BATCHES, consumers=st.integers(1, 3), dying=st.booleans(), are_late=st.booleans())
def test_nothing_is_lost_or_doubled(local, batches, consumers, dying, are_late):
    stream = ObjectDistroStream()
    got = [] if are_late else [consume(stream) for _ in range(consumers)]
    for number, batch in enumerate(batches):
        (produce, produce_without_closing)[number % 2](stream, batch)
    if dying:
        publish_and_fail(stream, [0])
        batches = [*batches, [0]]
    got += [consume(stream) for _ in range(consumers)] if are_late else []
    assert sorted(together(compss_wait_on(got))) == sorted(together(batches))
