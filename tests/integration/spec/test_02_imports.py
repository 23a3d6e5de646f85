"""Programming model, section 2: the names that programs import."""

from __future__ import annotations

import importlib

import pytest

from pycompss.api import parameter as p
from pycompss.api.task import task
from pycompss.util.exceptions import PyCOMPSsException

API = {
    "task": "task Task",
    "constraint": "constraint Constraint",
    "binary": "binary Binary",
    "mpi": "mpi Mpi",
    "mpmd_mpi": "mpmd_mpi MPMDMPI",
    "multinode": "multinode MultiNode",
    "ompss": "ompss OmpSs",
    "opencl": "opencl OpenCL",
    "decaf": "decaf Decaf",
    "julia": "julia Julia",
    "compss": "compss COMPSs",
    "container": "container Container",
    "software": "software Software",
    "http": "http HTTP",
    "implement": "implement Implement",
    "on_failure": "on_failure OnFailure onFailure",
    "reduction": "reduction Reduction",
    "prolog": "prolog Prolog",
    "epilog": "epilog Epilog",
    "IO": "IO io",
    "local": "local Local",
}


@pytest.mark.parametrize(("module", "names"), API.items(), ids=list(API))
def test_every_alias_of_a_decorator_is_the_same_object(module: str, names: str) -> None:
    """Section 2.1: the lower-case name first; every alias resolves to the same object."""
    found = [getattr(importlib.import_module(f"pycompss.api.{module}"), name) for name in names.split()]
    assert all(one is found[0] for one in found)


ELSEWHERE = {
    "pycompss.api.data_transformation": "dt data_transformation DataTransformation dto DTObject OBJECT_TO_FILE",
    "pycompss.api.exceptions": "COMPSsException",
    "pycompss.api.api": (
        "compss_start compss_stop compss_file_exists compss_open compss_delete_file compss_wait_on_file "
        "compss_wait_on_directory compss_delete_object compss_barrier compss_barrier_group compss_cancel_group "
        "compss_snapshot compss_wait_on compss_get_number_of_resources compss_request_resources "
        "compss_free_resources compss_set_wall_clock compss_add_logger TaskGroup"
    ),
    "pycompss.api.parameter": (
        "IN OUT INOUT CONCURRENT COMMUTATIVE IN_DELETE FILE FILE_IN FILE_OUT FILE_INOUT FILE_CONCURRENT "
        "FILE_COMMUTATIVE FILE_STDIN FILE_STDOUT FILE_STDERR FILE_IN_STDIN FILE_OUT_STDOUT FILE_OUT_STDERR "
        "FILE_INOUT_STDOUT FILE_INOUT_STDERR FILE_CONCURRENT_STDOUT FILE_COMMUTATIVE_STDERR "
        "DIRECTORY DIRECTORY_IN DIRECTORY_OUT DIRECTORY_INOUT "
        "COLLECTION COLLECTION_IN COLLECTION_INOUT COLLECTION_OUT COLLECTION_IN_DELETE "
        "COLLECTION_FILE COLLECTION_FILE_IN COLLECTION_FILE_INOUT COLLECTION_FILE_OUT "
        "DICTIONARY DICTIONARY_IN DICTIONARY_INOUT DICTIONARY_OUT DICTIONARY_IN_DELETE STREAM_IN STREAM_OUT "
        "STDIN STDOUT STDERR Type Direction StdIOStream Prefix Depth Weight Keep_rename Cache "
        "block_count block_length stride TYPE DIRECTION IOSTREAM PREFIX"
    ),
    "pycompss.functions.reduce": "merge_reduce merge_n_reduce",
    "pycompss.functions.map": "map",
    "pycompss.functions.data": "generator chunks",
    "pycompss.functions.elapsed_time": "timeit TimeIt TimeIT TIMEIT",
    "pycompss.functions.profile": "profile Profile PROFILE",
    "pycompss.dds": "DDS",
    "pycompss.streams.distro_stream": "FileDistroStream ObjectDistroStream",
    "pycompss.interactive": "start stop",
    "pycompss.runtime.launch": "launch_pycompss_application",
    "pycompss.runtime.management.classes": "Future EmptyReturn",
    "pycompss.runtime.management.object_tracker": "OT",
    "pycompss.util.serialization.serializer": (
        "serialize_to_file deserialize_from_file serialize_to_bytes deserialize_from_bytes serialize_to_handler "
        "serialize_objects FORCED_SERIALIZER"
    ),
    "pycompss.util.exceptions": (
        "PyCOMPSsException NotInPyCOMPSsException SerializerException TimeOutError CancelError DDSException "
        "NotImplementedException MissingImplementedException"
    ),
    "pycompss.util.context": "CONTEXT",
    "pycompss.util.tracing.helpers": "EventMaster",
    "pycompss.tests.outlog": "create_logger get_logger",
    "pycompss.api.dummy.task": "task Task",
    "pycompss.api.dummy.constraint": "constraint",
    "pycompss.api.dummy.container": "container",
    "pycompss.api.dummy.on_failure": "on_failure",
    "pycompss.api.dummy.reduction": "reduction",
    "pycompss.api.dummy.api": "compss_wait_on compss_barrier TaskGroup",
}


@pytest.mark.parametrize(("module", "names"), ELSEWHERE.items(), ids=list(ELSEWHERE))
def test_every_documented_name_can_be_imported(module: str, names: str) -> None:
    """Sections 2.1 to 2.3: the import succeeds."""
    imported = importlib.import_module(module)
    assert [name for name in names.split() if not hasattr(imported, name)] == []


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
