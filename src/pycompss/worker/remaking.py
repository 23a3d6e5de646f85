"""Making a value again that a failed attempt has spoilt in place, by running what made it."""

from __future__ import annotations

from typing import Any

from pycompss.store.codec import Codec
from pycompss.store.names import resolve
from pycompss.worker.arguments import Arguments


def replay(codec: Codec, caller: Any, root: Any, steps: list[tuple[Any, ...]]) -> Any:
    """The value that the steps lead to from the descriptor `root` (None: from nothing)."""
    value = codec.decode(root) if root is not None else None
    for payload, args, keywords, inputs, position in steps:
        function = resolve(payload, codec)
        bound = Arguments(codec, inputs, frozenset(), None)
        if position >= 0:
            bound.replayed[position] = value
        positional = [bound.resolve(a) for a in args]
        named = {k: bound.resolve(a) for k, a in keywords.items()} if keywords else {}
        caller.own = bound.written  # a step may call other tasks on what it changes: then they run in it, as before
        returned = function(*positional, **named)
        output = bound.outputs[bound.replayed_output] if position >= 0 else None
        value = output() if output is not None else returned
    return value
