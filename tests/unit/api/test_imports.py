"""Every documented import path and name exists, aliases are the same object, and importing them costs little."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys

import pytest

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
    "data_transformation": "dt data_transformation DataTransformation",
}
DUMMIES = {
    "task": "task Task",
    "constraint": "constraint Constraint",
    "container": "container Container",
    "on_failure": "on_failure OnFailure onFailure",
    "reduction": "reduction Reduction",
}
FUNCTIONS = (
    "compss_start compss_stop compss_file_exists compss_open compss_delete_file compss_wait_on_file "
    "compss_wait_on_directory compss_delete_object compss_barrier compss_barrier_group compss_cancel_group "
    "compss_snapshot compss_wait_on compss_get_number_of_resources compss_request_resources compss_free_resources "
    "compss_set_wall_clock compss_add_logger TaskGroup"
)
STREAMED = "IN OUT INOUT CONCURRENT COMMUTATIVE".split()
PARAMETERS = [
    *"IN OUT INOUT CONCURRENT COMMUTATIVE IN_DELETE".split(),
    *"FILE FILE_IN FILE_OUT FILE_INOUT FILE_CONCURRENT FILE_COMMUTATIVE FILE_STDIN FILE_STDOUT FILE_STDERR".split(),
    *[f"FILE_{direction}_{stream}" for direction in STREAMED for stream in ("STDIN", "STDOUT", "STDERR")],
    *"DIRECTORY DIRECTORY_IN DIRECTORY_OUT DIRECTORY_INOUT".split(),
    *"COLLECTION COLLECTION_IN COLLECTION_INOUT COLLECTION_OUT COLLECTION_IN_DELETE".split(),
    *"COLLECTION_FILE COLLECTION_FILE_IN COLLECTION_FILE_INOUT COLLECTION_FILE_OUT".split(),
    *"DICTIONARY DICTIONARY_IN DICTIONARY_INOUT DICTIONARY_OUT DICTIONARY_IN_DELETE".split(),
    *"STREAM_IN STREAM_OUT STDIN STDOUT STDERR".split(),
    *"Type Direction StdIOStream Prefix Depth Weight Keep_rename Cache".split(),
    *"block_count block_length stride TYPE DIRECTION IOSTREAM PREFIX".split(),
]
ELSEWHERE = {
    "pycompss.api.exceptions": "COMPSsException",
    "pycompss.api.api": FUNCTIONS,
    "pycompss.api.dummy.api": FUNCTIONS,
    "pycompss.api.data_transformation": "dto DTObject",
    "pycompss.functions.reduce": "merge_reduce merge_n_reduce",
    "pycompss.functions.map": "map",
    "pycompss.functions.data": "generator chunks",
    "pycompss.functions.elapsed_time": "timeit TimeIt TimeIT TIMEIT",
    "pycompss.functions.profile": "profile Profile PROFILE",
    "pycompss.dds": "DDS",
    "pycompss.dds.examples": "",
    "pycompss.streams.distro_stream": (
        "FileDistroStream ObjectDistroStream PscoDistroStream AT_MOST_ONCE AT_LEAST_ONCE "
        "RegistrationException BackendException"
    ),
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
        "NotImplementedException MissingImplementedException "
        "TaskError ProgramError LaunchError ServiceError UnschedulableTask TaskWarning SynchronisationWarning"
    ),
    "pycompss": "TaskError UnschedulableTask ProgramError LaunchError ServiceError PyCOMPSsException COMPSsException",
    "pycompss.util.context": "CONTEXT",
    "pycompss.util.tracing.helpers": "EventMaster",
    "pycompss.tests.outlog": "create_logger get_logger",
}


@pytest.mark.parametrize(("module", "names"), [(f"pycompss.api.{m}", n) for m, n in API.items()])
def test_every_decorator_has_its_names_and_they_are_one_object(module, names):
    found = {getattr(importlib.import_module(module), name) for name in names.split()}
    assert len(found) == 1
    assert callable(found.pop())


@pytest.mark.parametrize(("module", "names"), [(f"pycompss.api.dummy.{m}", n) for m, n in DUMMIES.items()])
def test_every_sequential_stand_in_has_its_names_and_they_are_one_object(module, names):
    assert len({getattr(importlib.import_module(module), name) for name in names.split()}) == 1


@pytest.mark.parametrize(("module", "names"), list(ELSEWHERE.items()))
def test_every_other_name_is_there(module, names):
    found = importlib.import_module(module)
    assert [name for name in names.split() if not hasattr(found, name)] == []


def test_a_star_import_brings_every_parameter_name_and_nothing_else():
    space: dict[str, object] = {}
    exec("from pycompss.api.parameter import *", space)
    del space["__builtins__"]
    assert sorted(space) == sorted(PARAMETERS)


def test_the_api_module_has_every_function_in_a_star_import():
    space: dict[str, object] = {}
    exec("from pycompss.api.api import *", space)
    del space["__builtins__"]
    assert sorted(space) == sorted(FUNCTIONS.split())


def test_aliases_of_the_other_modules_are_one_object():
    from pycompss.api import data_transformation as transformation
    from pycompss.functions import elapsed_time, profile

    assert transformation.dto is transformation.DTObject
    assert elapsed_time.timeit is elapsed_time.TimeIt is elapsed_time.TimeIT is elapsed_time.TIMEIT
    assert profile.profile is profile.Profile is profile.PROFILE


def test_the_kinds_of_transformations_have_their_numbers():
    from pycompss.api import data_transformation as transformation

    names = (
        "OBJECT_TO_FILE FILE_TO_OBJECT FILE_TO_COLLECTION COLLECTION_TO_OBJECT COLLECTION_TO_FILE "
        "OBJECT_TO_DIRECTORY DIRECTORY_TO_OBJECT COLLECTION_TO_DIRECTORY"
    )
    assert [getattr(transformation, name) for name in names.split()] == list(range(8))


SLOW = "numpy cloudpickle psutil rich click multiprocessing asyncio ctypes logging subprocess pickle dill".split()


def test_importing_the_whole_api_loads_nothing_slow():
    modules = [*(f"pycompss.api.{name}" for name in API), "pycompss.api.api", "pycompss.api.parameter"]
    program = f"import {', '.join(modules)}, sys; print([m for m in {SLOW} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_importing_the_api_starts_no_runtime():
    program = (
        "import pycompss.api.api, pycompss.api.task, pycompss.functions.data, pycompss.runtime.current as c; "
        "print(c.peek())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    assert done.stdout.strip() == "None"
