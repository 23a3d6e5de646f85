"""Programming model, section 10.1: what the parameters of a task get that failed and is ignored."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from pycompss.api.api import compss_wait_on, compss_wait_on_file
from pycompss.api.parameter import (
    COLLECTION_FILE_INOUT,
    COLLECTION_INOUT,
    CONCURRENT,
    DICTIONARY_INOUT,
    FILE_INOUT,
    INOUT,
    Depth,
    Type,
)
from pycompss.api.task import task


@task(
    before={Type: COLLECTION_INOUT, Depth: 1},
    seen=CONCURRENT,
    d=DICTIONARY_INOUT,
    files=COLLECTION_FILE_INOUT,
    x=INOUT,
    key=INOUT,
    on_failure="IGNORE",
    defaults={"x": ["x"], "key": ["key"]},
)
def ignored_with_many_parameters(before, seen, d, files, x, *, key):
    before[1].append("kept")
    d["k"].append("kept")
    raise ValueError("ignored")


def test_a_default_reaches_its_parameter_whatever_others_there_are(local: Any) -> None:
    Path("f").write_text("f")
    before, seen, inside, x, key = [["a"], ["b"]], ["seen"], ["d"], ["?"], ["?"]
    ignored_with_many_parameters(before, seen, {"k": inside}, ["f"], x, key=key)
    assert compss_wait_on(x, key) == [["x"], ["key"]]
    assert compss_wait_on(before, seen, inside) == [[["a"], ["b", "kept"]], ["seen"], ["d", "kept"]]
    compss_wait_on_file("f")
    assert Path("f").read_text() == "f"


@task(
    c={Type: COLLECTION_INOUT, Depth: 1},
    d={Type: DICTIONARY_INOUT, Depth: 1},
    on_failure="IGNORE",
    defaults={"c": [["first"], ["second"]], "d": {"k": ["in d"]}},
)
def ignored_with_defaults_of_collections(c, d):
    raise ValueError("ignored")


def test_the_default_of_a_collection_goes_to_its_elements(local: Any) -> None:
    x, y, z, k, other = [["?"] for _ in range(5)]
    ignored_with_defaults_of_collections([x, y, z], {"k": k, "other": other})
    assert compss_wait_on([x, y, z]) == [["first"], ["second"], ["?"]]
    assert compss_wait_on([k, other]) == [["in d"], ["?"]]


@task(f=FILE_INOUT, x=INOUT, on_failure="IGNORE", defaults={"f": "/no/such/file", "x": threading.Lock()})
def ignored_with_bad_defaults(f, x):
    raise ValueError("ignored")


def test_a_default_that_cannot_be_given_is_told(local: Any, capfd: pytest.CaptureFixture[str]) -> None:
    x = ["x"]
    Path("f").write_text("f")
    ignored_with_bad_defaults("f", x)
    assert compss_wait_on(x) == ["x"]
    compss_wait_on_file("f")
    assert Path("f").read_text() == "f"
    told = capfd.readouterr().err
    assert "its default '/no/such/file' cannot take the place" in told
    assert "a _thread.lock, which cannot be pickled" in told
