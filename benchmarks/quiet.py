"""Waiting, for a while, until nobody else keeps the machine busy."""

from __future__ import annotations

import os
import time
from typing import Any

import psutil

BUSY = 10.0  # per cent of all cores
LIMIT = 60.0  # seconds


def wait(limit: float = LIMIT) -> dict[str, Any]:
    """Return when a second was quiet, or after `limit` seconds; say how busy the machine was in the last one."""
    began = time.monotonic()
    percent = psutil.cpu_percent(interval=1)
    while percent > BUSY and time.monotonic() - began < limit:
        percent = psutil.cpu_percent(interval=1)
    return {
        "busy_percent": percent,
        "is_quiet": percent <= BUSY,
        "waited_s": round(time.monotonic() - began, 1),
        "load": os.getloadavg(),
    }
