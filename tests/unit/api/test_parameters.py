"""Parameter constants and their dict form."""

from __future__ import annotations

import pickle

import pytest

from pycompss.api import parameter
from pycompss.api.parameter import *  # noqa: F403
from pycompss.api.parameter import (
    COLLECTION,
    COLLECTION_IN,
    DIRECTION,
    FILE,
    FILE_IN,
    FILE_OUT,
    FILE_OUT_STDOUT,
    FILE_STDERR,
    FILE_STDIN,
    IN,
    INOUT,
    IOSTREAM,
    OUT,
    PREFIX,
    STDERR,
    STDIN,
    STDOUT,
    TYPE,
    Cache,
    Depth,
    Direction,
    Keep_rename,
    Prefix,
    StdIOStream,
    Type,
    Weight,
    spec_of,
)
from pycompss.core.parameter import UNLIMITED_DEPTH, Spec
from pycompss.errors import PyCOMPSsException

CONSTANTS = {name: value for name, value in vars(parameter).items() if isinstance(value, parameter.Parameter)}


@pytest.mark.parametrize(("name", "constant"), list(CONSTANTS.items()))
def test_a_constant_means_what_its_name_says(name, constant):
    spec, text = constant.spec, name
    stream = next((s for s in IOSTREAM if text.endswith(f"_{s.name}")), IOSTREAM.UNSPECIFIED)
    text = text.removesuffix(f"_{stream.name}")
    defaults = {"STDIN": "IN", "STDOUT": "OUT", "STDERR": "OUT"}
    kinds = sorted((k.name for k in TYPE if text == k.name or text.startswith(f"{k.name}_")), key=len)
    kind = kinds[-1] if kinds else "OBJECT"
    direction = text.removeprefix(kind).lstrip("_") or defaults.get(stream.name, "IN")
    assert (spec.kind.name, spec.direction.name, spec.stream) == (kind, direction, stream)
    assert repr(constant) == name


def test_a_constant_is_opaque_and_travels_by_name():
    assert not isinstance(INOUT, int)
    assert pickle.loads(pickle.dumps(INOUT)) is INOUT


def test_keys_and_enumerations_have_their_documented_values():
    assert [Type, Direction, StdIOStream, Prefix, Depth, Weight, Keep_rename, Cache] == [
        "type",
        "direction",
        "stream",
        "prefix",
        "depth",
        "weight",
        "keep_rename",
        "cache",
    ]
    assert [d.name for d in DIRECTION] == ["IN", "OUT", "INOUT", "CONCURRENT", "COMMUTATIVE", "IN_DELETE"]
    assert [int(d) for d in DIRECTION] == list(range(6))
    assert (STDIN, STDOUT, STDERR, IOSTREAM.UNSPECIFIED) == (0, 1, 2, 3)
    assert PREFIX.PREFIX == "null"


@pytest.mark.parametrize(
    ("given", "same_as"),
    [
        ({Type: FILE_OUT, StdIOStream: STDOUT}, FILE_OUT_STDOUT),
        ({Type: FILE, Direction: IN, StdIOStream: STDIN}, FILE_STDIN),
        ({Type: FILE_STDERR}, FILE_STDERR),
        ({Direction: INOUT}, INOUT),
        ({Type: INOUT}, INOUT),
        ({Direction: FILE_OUT}, FILE_OUT),
        ({Type: TYPE.FILE, Direction: DIRECTION.OUT}, FILE_OUT),
        ({Type: FILE, Direction: OUT, Prefix: "null"}, FILE_OUT),
        ({}, IN),
    ],
)
def test_a_dict_means_the_same_as_the_constant(given, same_as):
    assert spec_of(given) == same_as.spec


def test_type_and_direction_may_be_one_constant_or_two():
    assert spec_of({Type: COLLECTION_IN, Depth: 2}) == spec_of({Type: COLLECTION, Direction: IN, Depth: 2})


def test_every_key_reaches_the_spec():
    given = {Type: FILE_IN, Prefix: "--in=", Weight: "3.0", Keep_rename: True, Cache: False, Depth: "1"}
    expected = Spec(TYPE.FILE, DIRECTION.IN, depth=1, prefix="--in=", weight=3.0, keep_rename=True, cache=False)
    assert spec_of(given) == expected


def test_defaults_are_those_of_the_programming_model():
    spec = spec_of({Type: COLLECTION})
    assert (spec.direction, spec.depth, spec.weight, spec.prefix) == (DIRECTION.IN, UNLIMITED_DEPTH, 1.0, None)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"Tipe": FILE_IN}, "unknown key 'Tipe'"),
        ({Type: "FILE"}, "not a parameter constant"),
        ({Type: FILE, Direction: 1}, "not a parameter constant"),
        ({Depth: "deep"}, "depth is a number"),
        ({Weight: object}, "weight is a number"),
        ({StdIOStream: 9}, "StdIOStream is STDIN, STDOUT or STDERR, not 9"),
        (3, "3 is neither a parameter constant"),
    ],
)
def test_a_meaningless_spec_says_what_is_wrong(given, reason):
    with pytest.raises(PyCOMPSsException, match=reason):
        spec_of(given)
