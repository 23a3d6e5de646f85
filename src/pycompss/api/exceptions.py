"""The exception by which a task stops the other members of its groups."""

from __future__ import annotations

from pycompss.errors import COMPSsException

__all__ = ["COMPSsException"]
