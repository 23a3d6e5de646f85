"""`@dt("x", f)`: a parameter is transformed by `f` before the task sees it."""

from __future__ import annotations

from typing import Any

from pycompss.api.later import Inline, Later

OBJECT_TO_FILE = 0
FILE_TO_OBJECT = 1
FILE_TO_COLLECTION = 2
COLLECTION_TO_OBJECT = 3
COLLECTION_TO_FILE = 4
OBJECT_TO_DIRECTORY = 5
DIRECTORY_TO_OBJECT = 6
COLLECTION_TO_DIRECTORY = 7


class DataTransformation(Later):
    """The transformation of one parameter."""

    name = "dt"
    inline = Inline.NOTHING


class DTObject:
    """A transformation that is given at the call: `f(x, dt=dto("x", g))`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.args = args
        self.kwargs = kwargs


dt = DataTransformation
data_transformation = DataTransformation
dto = DTObject

__all__ = [
    "COLLECTION_TO_DIRECTORY",
    "COLLECTION_TO_FILE",
    "COLLECTION_TO_OBJECT",
    "DIRECTORY_TO_OBJECT",
    "FILE_TO_COLLECTION",
    "FILE_TO_OBJECT",
    "OBJECT_TO_DIRECTORY",
    "OBJECT_TO_FILE",
    "DTObject",
    "DataTransformation",
    "data_transformation",
    "dt",
    "dto",
]
