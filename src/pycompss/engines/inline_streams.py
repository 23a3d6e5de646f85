"""Streams of a sequential program: values stay what they are, and nobody publishes while somebody polls."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from pycompss.runtime.streams import Registered, Registry


class InlineStreams:
    """The calls of `pycompss.runtime.streams.ProgramStreams`, answered at once."""

    def __init__(self) -> None:
        self._registry = Registry()
        self._found_empty: set[int] = set()  # streams that had nothing when somebody asked last

    def register(self, kind: str, alias: str, folder: str, at_least_once: bool, old: Sequence[str]) -> Registered:
        stream, is_new = self._registry.enter(kind, alias, folder, at_least_once)
        if is_new:
            stream.seen.update(old)
        return stream.number, stream.alias, stream.folder, stream.at_least_once

    def publish(self, number: int, values: Sequence[Any], _name: str) -> None:
        """A task may publish although one before it has closed the stream: each closes it for itself."""
        self._registry.find(number).items.extend(values)
        self._found_empty.discard(number)

    def close(self, number: int) -> None:
        self._registry.find(number).close(None)

    def is_closed(self, number: int) -> bool:
        """Also when the last poll found nothing: only whoever asks could publish, so a loop must end."""
        return self._registry.find(number).is_closed() or number in self._found_empty

    def poll(self, number: int, seconds: float, files: Sequence[str]) -> tuple[Sequence[Any], bool]:
        stream = self._registry.find(number)
        stream.offer(files)
        items = stream.take(None)
        if not items and stream.kind == "FILES":  # another program may write them
            time.sleep(seconds)
        (self._found_empty.discard if items else self._found_empty.add)(number)
        return items, True
