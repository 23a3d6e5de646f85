"""Exceptions that a signal raises in the middle of anything: they concern the task, not what happens to be running."""

from __future__ import annotations

from pycompss.errors import CancelError, TimeOutError

INTERRUPTIONS = (CancelError, TimeOutError)
