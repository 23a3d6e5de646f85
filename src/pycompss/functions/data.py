"""Data for programs: fragments of random numbers, and lists in chunks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from pycompss.api.api import compss_wait_on
from pycompss.api.task import task
from pycompss.errors import PyCOMPSsException

T = TypeVar("T")
_DISTRIBUTIONS = ("random", "normal", "uniform")


def generator(
    size: tuple[int, int], num_frag: int, seed: int = 0, distribution: str = "random", wait: bool = False
) -> list[list[list[float]]]:
    """`size[0]` rows of `size[1]` numbers in `num_frag` fragments (lists of rows), each made by a task.

    distribution: "random" (between 0 and 1), "normal" (mean 0, deviation 1) or "uniform" (between -1 and 1).
    Every fragment starts from the same seed, as in PyCOMPSs.

    Raises:
        PyCOMPSsException: unknown distribution.
    """
    if distribution not in _DISTRIBUTIONS:
        raise PyCOMPSsException(f"generator: distribution is one of {', '.join(_DISTRIBUTIONS)}, not {distribution!r}")
    rows, columns = size
    shares = [rows // num_frag + (index < rows % num_frag) for index in range(num_frag)]
    fragments = [_fragment(share, columns, seed, distribution) for share in shares]
    if wait:
        fragments = compss_wait_on(fragments)
    return fragments


@task(returns=1)
def _fragment(rows: int, columns: int, seed: int, distribution: str) -> list[list[float]]:
    import random  # noqa: PLC0415  (slow to import)

    source = random.Random(seed)
    draws: dict[str, Callable[[], float]] = {
        "random": source.random,
        "normal": lambda: source.gauss(0.0, 1.0),
        "uniform": lambda: source.uniform(-1.0, 1.0),
    }
    draw = draws[distribution]
    return [[draw() for _ in range(columns)] for _ in range(rows)]


def chunks(lst: Sequence[T], n: int, balanced: bool = False) -> Iterator[Sequence[T]]:
    """Pieces of length `n`; the last may be shorter, or, if `balanced`, some are longer instead."""
    if not balanced:
        return (lst[start : start + n] for start in range(0, len(lst), n))
    return _balanced(lst, max(1, len(lst) // n)) if lst else iter(())


def _balanced(lst: Sequence[T], count: int) -> Iterator[Sequence[T]]:
    length, longer = divmod(len(lst), count)
    start = 0
    for index in range(count):
        end = start + length + (index < longer)
        yield lst[start:end]
        start = end


__all__ = ["chunks", "generator"]
