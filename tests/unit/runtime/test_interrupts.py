from __future__ import annotations

import signal
import threading
from collections.abc import Iterator

import pytest

from pycompss.runtime.interrupts import Interrupts


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
