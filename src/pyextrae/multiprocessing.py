"""`import pyextrae.multiprocessing as pyextrae`: events in tasks."""

from __future__ import annotations

from pycompss.util.tracing.helpers import event, eventandcounters

__all__ = ["event", "eventandcounters"]
