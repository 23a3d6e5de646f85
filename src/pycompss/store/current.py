"""The `MainNames` of this process, which unpickling needs: a pickle can only name module-level functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pycompss.store.names import MainNames

_names: MainNames | None = None


def get() -> MainNames:
    """The names of this process; the first use makes those of a master."""
    if _names is None:
        from pycompss.store.names import MainNames  # noqa: PLC0415  (cyclic)

        MainNames().activate()
    assert _names is not None
    return _names


def set_(names: MainNames) -> None:
    """Make `names` the names of this process."""
    global _names  # noqa: PLW0603
    _names = names
