"""Arenas of all nodes have different numbers, so a range says by itself on which node its value was made.

The program's arena is number 0. Every node has a block of numbers: the first for the arena of its agent, which holds
copies of values from elsewhere, the last for the file of what it has spilled, the others for its workers.
"""

from __future__ import annotations

from typing import Final

PROGRAM: Final = -1  # stands for the program's process where a node's index would stand
_BITS: Final = 24


def first_arena(node: int) -> int:
    """Number of the arena of a node's agent."""
    return (node + 1) << _BITS


def spill_arena(node: int) -> int:
    """The number by which others know the file of spilled values of a node."""
    return first_arena(node + 1) - 1


def is_spill_arena(arena: int) -> bool:
    return (arena + 1) % (1 << _BITS) == 0


def node_of(arena: int) -> int:
    """Index of the node to which an arena belongs, or PROGRAM."""
    return (arena >> _BITS) - 1
