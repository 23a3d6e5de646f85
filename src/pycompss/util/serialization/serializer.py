"""Values to bytes, files and handles: pickle, where it fails cloudpickle, then dill."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable
from typing import IO, Any

from pycompss.errors import SerializerException

FORCED_SERIALIZER = -1
"""Kept for programs that read it: no serialiser is forced."""


def serialize_to_bytes(obj: Any, logger: Any = None) -> bytes:  # noqa: ARG001
    """The value as bytes.

    Raises:
        SerializerException: no serialiser takes it.
    """
    reasons = []
    for dumps in _serialisers():
        try:
            return dumps(obj)
        except Exception as error:  # noqa: BLE001  (what a user's __reduce__ raises is anybody's guess)
            reasons.append(f"{type(error).__name__}: {error}")
    raise SerializerException(f"a value of type {type(obj).__qualname__} cannot be serialised: {reasons[0]}")


def deserialize_from_bytes(serialized_content_bytes: bytes, logger: Any = None) -> Any:  # noqa: ARG001
    """The value again."""
    return pickle.loads(serialized_content_bytes)


def serialize_to_handler(obj: Any, handler: IO[bytes], logger: Any = None) -> None:
    """Write the value to an open file."""
    handler.write(serialize_to_bytes(obj, logger))


def deserialize_from_handler(handler: IO[bytes], logger: Any = None) -> Any:  # noqa: ARG001
    """Read one value from an open file."""
    return pickle.load(handler)


def serialize_to_file(obj: Any, file_name: str, logger: Any = None) -> None:
    """Write the value to a file."""
    content = serialize_to_bytes(obj, logger)  # before the file is touched
    with open(file_name, "wb") as file:
        file.write(content)


def deserialize_from_file(file_name: str, logger: Any = None) -> Any:
    """Read a value from a file."""
    with open(file_name, "rb") as file:
        return deserialize_from_handler(file, logger)


def serialize_objects(to_serialize: Iterable[tuple[Any, str]], logger: Any = None) -> None:
    """Write several values, each to its file."""
    for obj, file_name in to_serialize:
        serialize_to_file(obj, file_name, logger)


def _serialisers() -> Iterable[Callable[[Any], bytes]]:
    yield lambda obj: pickle.dumps(obj, pickle.HIGHEST_PROTOCOL)
    import cloudpickle  # noqa: PLC0415  (slow to import, rarely needed)

    yield cloudpickle.dumps
    try:
        import dill  # type: ignore[import-not-found, import-untyped, unused-ignore]  # noqa: PLC0415
    except ImportError:
        return
    yield dill.dumps
