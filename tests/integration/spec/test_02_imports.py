"""Programming model, section 2: what programs import (that all names are there: `tests/unit/api/test_imports`)."""

from __future__ import annotations

from pycompss.api import parameter as p
from pycompss.api.task import task
from pycompss.util.exceptions import PyCOMPSsException


def spec_of(given: object) -> object:
    """What `@task` understands by a parameter's description."""

    @task(x=given)
    def f(x):
        pass

    return f.definition.specs["x"]  # type: ignore[attr-defined]


def test_a_file_connected_to_stdout_is_written_in_two_ways() -> None:
    """Section 2.2: {Type: FILE_OUT, StdIOStream: STDOUT} and FILE_OUT_STDOUT mean the same."""
    assert spec_of({p.Type: p.FILE_OUT, p.StdIOStream: p.STDOUT}) == spec_of(p.FILE_OUT_STDOUT)


def test_the_direction_of_a_collection_is_written_in_two_ways() -> None:
    """Section 2.2: {Type: COLLECTION_IN, Depth: 2} and {Type: COLLECTION, Direction: IN, Depth: 2} mean the same."""
    short = spec_of({p.Type: p.COLLECTION_IN, p.Depth: 2})
    assert short == spec_of({p.Type: p.COLLECTION, p.Direction: p.IN, p.Depth: 2})
    assert short != spec_of({p.Type: p.COLLECTION_INOUT, p.Depth: 2})


def test_the_keys_of_the_dict_form_have_string_values() -> None:
    """Section 2.2: Type is "type", Direction is "direction", and so on: programs may write the strings."""
    keys = [p.Type, p.Direction, p.StdIOStream, p.Prefix, p.Depth, p.Weight, p.Keep_rename, p.Cache]
    assert keys == ["type", "direction", "stream", "prefix", "depth", "weight", "keep_rename", "cache"]


def test_streams_and_directions_have_the_documented_numbers() -> None:
    """Section 2.2: STDIN STDOUT STDERR are 0, 1, 2; DIRECTION counts from IN 0 to IN_DELETE 5."""
    assert [p.STDIN, p.STDOUT, p.STDERR] == [0, 1, 2]
    names = ["IN", "OUT", "INOUT", "CONCURRENT", "COMMUTATIVE", "IN_DELETE"]
    assert [int(getattr(p.DIRECTION, name)) for name in names] == [0, 1, 2, 3, 4, 5]


def test_a_constant_is_no_number() -> None:
    """Section 2.2: a constant is an opaque parameter object."""
    assert not isinstance(p.INOUT, int)
    assert not isinstance(p.FILE_OUT, int)


def test_an_exception_of_the_runtime_says_whose_it_is() -> None:
    """Section 2.3: str(PyCOMPSsException("m")) contains "PyCOMPSs Exception: m"."""
    assert "PyCOMPSs Exception: m" in str(PyCOMPSsException("m"))


def test_a_group_exception_keeps_its_message_and_direction() -> None:
    """Section 2.1: COMPSsException(message, target_direction=-1) with attributes of these names."""
    from pycompss.api.exceptions import COMPSsException

    assert (COMPSsException("m").message, COMPSsException("m").target_direction) == ("m", -1)
    assert COMPSsException("m", 2).target_direction == 2
    assert "m" in str(COMPSsException("m"))
