"""Amounts of memory for people."""

from __future__ import annotations


def amount(length: int) -> str:
    """`2.5 GB` and the like."""
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("KB", 1e3)):
        if length >= size:
            return f"{length / size:.3g} {unit}"
    return f"{length} bytes"
