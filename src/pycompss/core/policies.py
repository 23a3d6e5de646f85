"""Orders in which ready tasks go, by the names that COMPSs gives its schedulers.

LOCALITY: what has most to follow first, else in turn, each to where most of its input lies. FIFO: in turn, to the
roomiest node. LIFO: the youngest first, to the roomiest node; parties take no turns. What plans ahead (multi-objective,
predefined) and what differs only in how it is computed (`mt`, `successors`) is the nearest of these.
"""

from __future__ import annotations

from enum import Enum


class Order(Enum):
    LOCALITY = "locality"
    FIFO = "fifo"
    LIFO = "lifo"


def order_of(name: str) -> Order:
    """The order that a scheduler's full class or short name stands for."""
    short = name.rpartition(".")[2].lower()
    if "data" in short:  # fifodatalocation
        return Order.LOCALITY
    if "lifo" in short:
        return Order.LIFO
    return Order.FIFO if "fifo" in short else Order.LOCALITY
