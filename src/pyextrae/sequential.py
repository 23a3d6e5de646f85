"""`import pyextrae.sequential as pyextrae`: events in the program."""

from __future__ import annotations

from pycompss.util.tracing.helpers import event, eventandcounters

__all__ = ["event", "eventandcounters"]
