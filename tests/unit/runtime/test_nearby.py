"""The order in which commands are carried out: the worker on the program's own core gets its message last."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from pycompss.core import commands as cmd
from pycompss.core.resources import Node, Requirement, Slot
from pycompss.engines.local import aside
from pycompss.engines.local.engine import LocalEngine
from pycompss.runtime.nearby import nearby_last

ONE, TWO, THREE = (Slot(number, Node(0, "node", 3), Requirement(1)) for number in (1, 2, 3))


def order(commands: list[cmd.Command], nearby: int) -> list[cmd.Command]:
    """The commands as they are carried out by a program that shares its core with the worker of slot `nearby`."""
    engine: Any = SimpleNamespace(slot_nearby=lambda: nearby)
    nearby_last(commands, engine)
    return commands


def run(slot: Slot, *tasks: Any) -> cmd.Run:
    return cmd.Run(slot, list(tasks))


def test_the_worker_on_the_programs_core_is_sent_to_last() -> None:
    assert order([run(ONE), run(TWO), run(THREE)], 1) == [run(TWO), run(THREE), run(ONE)]


def test_messages_to_one_worker_stay_in_order() -> None:
    commands: list[cmd.Command] = [run(ONE, "a"), run(TWO, "b"), run(ONE, "c"), run(TWO, "d")]
    assert order(commands, 1) == [run(TWO, "b"), run(TWO, "d"), run(ONE, "a"), run(ONE, "c")]


def test_what_is_not_sent_stays_before_it() -> None:
    free = cmd.Free([])
    assert order([free, run(TWO), run(ONE)], 2) == [free, run(ONE), run(TWO)]


def test_nothing_changes_when_no_worker_is_near() -> None:
    assert order([run(TWO), run(ONE)], 0) == [run(TWO), run(ONE)]


def test_a_slot_that_is_closed_leaves_all_as_it_was_decided() -> None:
    commands: list[cmd.Command] = [run(ONE), cmd.Close(ONE), run(TWO)]
    assert order(commands.copy(), 1) == commands


def test_one_message_needs_no_order() -> None:
    def must_not_ask() -> int:
        raise AssertionError

    engine: Any = SimpleNamespace(slot_nearby=must_not_ask)
    nearby_last([cmd.Free([]), run(ONE)], engine)


def test_near_is_the_worker_that_is_bound_to_the_core_that_runs_this(monkeypatch: pytest.MonkeyPatch) -> None:
    engine: Any = SimpleNamespace(by_slot={5: SimpleNamespace(cores=[0, 2]), 7: SimpleNamespace(cores=[1, 3])})
    for core, slot in ((3, 7), (2, 5), (4, 0), (-1, 0)):
        monkeypatch.setattr(aside, "current_core", lambda core=core: core)
        assert LocalEngine.slot_nearby(engine) == slot
