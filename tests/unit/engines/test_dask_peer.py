"""How often nodes are asked whether they live."""

from __future__ import annotations

import pytest

from pycompss.engines.dask.peer import QUESTIONS, pulse
from pycompss.engines.dask.stay import SILENCE


@pytest.mark.parametrize(
    ("nodes", "silence", "seconds"), [(1, 10, 0.5), (1_000, 10, 0.5), (4_000, 10, 2), (10_000, 10, 2.5), (4, 1, 0.25)]
)
def test_many_nodes_are_asked_less_often_but_in_time(nodes: int, silence: float, seconds: float) -> None:
    assert pulse(nodes, silence) == seconds


def test_however_long_the_program_is_patient_agents_hear_of_it_in_time() -> None:
    assert pulse(100 * QUESTIONS, 3600) == SILENCE / 4
