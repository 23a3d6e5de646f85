from __future__ import annotations

import pytest

from pycompss.core.policies import Order, order_of
from tests.unit.core.test_scheduling import lying_on_both

PREFIX = "es.bsc.compss.scheduler."


@pytest.mark.parametrize(
    ("name", "order"),
    [
        (PREFIX + "lookahead.locality.LocalityTS", Order.LOCALITY),
        (PREFIX + "lookahead.mt.successors.fifo.FifoTS", Order.FIFO),
        (PREFIX + "lookahead.successors.constraintsfifo.ConstraintsFifoTS", Order.FIFO),
        (PREFIX + "orderstrict.fifo.FifoTS", Order.FIFO),
        (PREFIX + "lookahead.lifo.LifoTS", Order.LIFO),
        (PREFIX + "fullgraph.multiobjective.MOScheduler", Order.LOCALITY),
        (PREFIX + "fifodatalocation.FIFODataLocationScheduler", Order.LOCALITY),
        ("LifoTS", Order.LIFO),
    ],
)
def test_names_stand_for_orders(name, order):
    assert order_of(name) is order


def test_lifo_runs_the_youngest_first_and_loses_none(fake):
    fake.core.scheduler.order_by(Order.LIFO)
    tasks = [fake.submit() for _ in range(10)]
    fake.run()
    numbers = [task.id for task in tasks]
    assert [number for number, _ in fake.executions] == numbers[:2] + numbers[:1:-1]


def test_lifo_keeps_priority(fake):
    fake.core.scheduler.order_by(Order.LIFO)
    first = [fake.submit(), fake.submit()]
    urgent = fake.submit(priority=True)
    fake.submit()
    fake.finish(first[0])
    assert urgent in fake.running


def test_fifo_does_not_look_where_data_lie(pair):
    pair.core.scheduler.order_by(Order.FIFO)
    _, on_b = lying_on_both(pair, 1, 2)
    reader = pair.submit(lambda value: [], pair.read(on_b))
    assert reader.slot.node.name == "a"
