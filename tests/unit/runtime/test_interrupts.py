from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator

import pytest

from pycompss.runtime.interrupts import PAUSE, Interrupts


@pytest.fixture
def interrupts() -> Iterator[Interrupts]:
    found = Interrupts((threading.RLock(),), wake=lambda: None)
    found.install()
    yield found
    found.remove()


class Finalised:
    """Interrupts the thread that collects it, while its finaliser runs."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGINT)


def wait_for_ever() -> None:
    while True:
        threading.Event().wait(0.01)


def test_an_interrupt_in_a_finaliser_is_not_lost(interrupts: Interrupts) -> None:
    """Python prints and forgets what a finaliser raises."""

    def collect_one() -> None:
        thing = Finalised()
        del thing
        wait_for_ever()

    with pytest.raises(KeyboardInterrupt):
        collect_one()


def test_an_interrupt_while_a_lock_is_held_is_raised_once_when_the_thread_looks_around() -> None:
    lock, hurried = threading.RLock(), []
    interrupts = Interrupts((lock,), wake=lambda: None, hurry=lambda: hurried.append(1))
    interrupts.install()
    try:
        with lock:
            signal.raise_signal(signal.SIGINT)
            assert hurried == [1]
        with pytest.raises(KeyboardInterrupt):
            interrupts.raise_put_off()
        interrupts.raise_put_off()
        time.sleep(20 * PAUSE)  # the second sending, if there is one, is the same interrupt
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)  # this one is not
    finally:
        interrupts.remove()
