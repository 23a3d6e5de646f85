"""Which values leave memory, and when."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from pycompss.core.data import Data
from pycompss.core.invocation import Invocation
from pycompss.core.lineage import Lineage, Step
from pycompss.core.resources import Requirement
from pycompss.core.spilling import Marks, choose, in_use
from pycompss.core.task import Definition
from pycompss.core.versions import Version


def task(*reads: Version, attempt: int = 1) -> Invocation:
    made = Invocation(1, Definition(lambda: None, "t"), Requirement(), None)
    made.reads, made.attempt = list(reads), attempt
    return made


def slots(*tasks: Invocation) -> Any:
    return [SimpleNamespace(tasks=dict(enumerate(tasks)))]


def ready(count: int) -> list[Version]:
    data = Data()
    return [data.initial(number).current for number in range(count)]


def test_nothing_leaves_below_the_high_mark() -> None:
    assert Marks(1000).excess(800) == 0


def test_above_the_high_mark_so_much_leaves_that_the_low_one_is_reached() -> None:
    marks = Marks(1000)
    assert marks.excess(801) == 201
    assert marks.excess(700) == 100  # begun, so it goes on
    assert marks.excess(600) == 0
    assert marks.excess(700) == 0  # until the high mark is passed again


def test_asking_how_much_more_would_do_changes_nothing() -> None:
    marks = Marks(1000)
    assert not marks.allow(900)
    assert marks.excess(700) == 0


def test_inputs_of_tasks_that_were_sent_are_in_use() -> None:
    first, second, other = ready(3)
    assert in_use(slots(task(first), task(second))) == {first, second}
    assert other not in in_use(slots(task(first)))


def test_of_an_alias_what_holds_the_value_is_in_use() -> None:
    data = Data()
    content, alias = data.initial(1).current, data.new_datum().current
    data.make_alias(alias, content)
    assert in_use(slots(task(alias))) == {content}


def test_what_another_attempt_starts_from_is_in_use_once_there_is_one() -> None:
    version, root, other = ready(3)
    version.lineage = Lineage(root, [Step(0, (), None, [None, other], 0)])
    assert in_use(slots(task(version))) == {version}
    assert in_use(slots(task(version, attempt=2))) == {version, root, other}


def test_the_first_of_them_leave_until_it_is_enough() -> None:
    versions = ready(5)
    assert choose(versions, 25, lambda _: 10) == versions[:3]


def test_what_must_stay_is_passed_over() -> None:
    versions = ready(4)
    assert choose(versions, 20, lambda v: 0 if v is versions[0] else 10) == versions[1:3]


def test_versions_without_a_value_yet_are_passed_over() -> None:
    data = Data()
    pending = data.result(task()).current
    assert choose([pending], 10, lambda _: 10) == []
