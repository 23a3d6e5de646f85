"""What the journal says about submissions and barriers."""

from __future__ import annotations

from typing import Any

import pytest

from pycompss.core.events import FIELDS, Kind
from pycompss.core.groups import Group
from pycompss.core.parameter import Direction, Spec
from pycompss.engines.fake import FakeEngine
from pycompss.runtime import calls, recording
from pycompss.runtime.calls import Call
from pycompss.runtime.recording import Notes


@pytest.fixture
def fake() -> FakeEngine:
    return FakeEngine(units=1)


def created(fake: FakeEngine, task: Any, call: Call | None) -> dict[str, Any]:
    fake.core.journal = journal = []
    Notes(fake.core).created(task, call)
    fake.core.journal = None
    [(_, _, *_need), (found, _, *fields)] = journal[:2]
    assert found == Kind.TASK_CREATED
    return dict(zip(FIELDS[found], fields, strict=True))


def recorded(fake: FakeEngine, kind: Kind, record: Any, *args: Any) -> dict[str, Any]:
    fake.core.journal = journal = []
    record(fake.core, *args)
    fake.core.journal = None
    [(found, _, *fields)] = journal
    assert found == kind
    return dict(zip(FIELDS[kind], fields, strict=True))


def call_of(*operations: calls.Operation) -> Call:
    call = Call()
    call.operations.extend(operations)
    return call


def test_nothing_is_recorded_when_nobody_listens(fake: FakeEngine) -> None:
    task = fake.submit()
    Notes(fake.core).created(task, None)
    recording.barrier(fake.core, None)
    assert fake.core.journal is None


def test_accesses_name_parameter_version_and_producer(fake: FakeEngine) -> None:
    x = fake.datum(1)
    first = fake.submit(lambda v: [v], fake.inout(x))
    second = fake.submit(lambda v: [v], fake.inout(x), returns=1)
    call = call_of((calls.UPDATE, None, Spec(direction=Direction.INOUT), "x"))
    event = created(fake, second, call)
    assert event["accesses"] == (("x", Direction.INOUT.value, "d1v2", first.id, False),)
    assert event["writes"] == ("d1v3", "d2v2")
    assert event["parent"] is None


def test_what_is_only_written_has_no_origin(fake: FakeEngine) -> None:
    x = fake.datum()
    task = fake.submit(lambda: [1], fake.out(x))
    call = call_of((calls.CREATE, None, Spec(direction=Direction.OUT), "x"))
    event = created(fake, task, call)
    assert event["accesses"] == (("x", Direction.OUT.value, None, None, False),)


def test_elements_of_a_collection_are_marked(fake: FakeEngine) -> None:
    x, y = fake.datum(1), fake.datum(2)
    task = fake.submit(lambda *_: [], fake.read(x), fake.read(y))
    call = call_of(
        (calls.COLLECTION, None, Spec(), "c"), (calls.READ, None, Spec(), "c"), (calls.READ, None, Spec(), "other")
    )
    event = created(fake, task, call)
    assert [(name, label, collection) for name, _, label, _, collection in event["accesses"]] == [
        ("c", "d1v1", True),
        ("other", "d2v1", False),
    ]


def test_groups_flags_and_sharing_are_said(fake: FakeEngine) -> None:
    x = fake.datum(1)
    task = fake.submit(lambda v: [v], fake.commutative(x), groups=[Group("a"), Group("b")], priority=True)
    event = created(fake, task, None)
    assert event["groups"] == ("a", "b")
    assert event["flags"] == {"priority"}
    assert event["shared"] == ((Direction.COMMUTATIVE.value, "d1"),)


def test_the_caller_of_an_inner_task_is_its_parent(fake: FakeEngine) -> None:
    outer = fake.submit()
    inner = fake.submit(parent=outer)
    assert created(fake, inner, None)["parent"] == outer.id


def test_a_barrier_names_the_tasks_that_it_waits_for(fake: FakeEngine) -> None:
    group = Group("g")
    done, member, other = fake.submit(), fake.submit(groups=[group]), fake.submit()
    fake.finish(done)
    assert recorded(fake, Kind.BARRIER, recording.barrier, None) == {"group": None, "last": (member.id, other.id)}
    assert recorded(fake, Kind.BARRIER, recording.barrier, group) == {"group": "g", "last": (member.id,)}
