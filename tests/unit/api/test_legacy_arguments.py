"""Programming model, section 11.0: spellings of earlier releases are reported and used, by every decorator."""

from __future__ import annotations

from typing import Any

import pytest

from pycompss.api.binary import binary
from pycompss.api.compss import compss
from pycompss.api.container import container
from pycompss.api.decaf import decaf
from pycompss.api.julia import julia
from pycompss.api.mpi import mpi
from pycompss.api.mpmd_mpi import mpmd_mpi
from pycompss.api.multinode import multinode
from pycompss.api.ompss import ompss
from pycompss.api.opencl import opencl

RUNNER = {"runner": "mpirun"}


@pytest.mark.parametrize(
    ("decorator", "others", "former", "value", "modern"),
    [
        (binary, {"binary": "ls"}, "workingDir", "w", "working_dir"),
        (mpi, RUNNER, "workingDir", "w", "working_dir"),
        (mpmd_mpi, {**RUNNER, "programs": [{"binary": "ls"}]}, "workingDir", "w", "working_dir"),
        (julia, {"script": "s"}, "workingDir", "w", "working_dir"),
        (opencl, {"kernel": "k"}, "workingDir", "w", "working_dir"),
        (multinode, {}, "computingNodes", 2, "computing_nodes"),
        (ompss, {"binary": "b"}, "computingNodes", "$N", "computing_nodes"),
        (compss, {}, "appName", "a.py", "app_name"),
        (compss, {"app_name": "a.py"}, "workerInMaster", "false", "worker_in_master"),
        (decaf, {}, "dfScript", "flow.py", "df_script"),
        (decaf, {"df_script": "flow.py"}, "dfExecutor", "./flow.sh", "df_executor"),
        (decaf, {"df_script": "flow.py"}, "dfLib", "flow.so", "df_lib"),
    ],
)
def test_a_former_spelling_is_told_and_used(
    capsys: pytest.CaptureFixture[str], decorator: Any, others: dict[str, Any], former: str, value: Any, modern: str
) -> None:
    made = decorator(**others, **{former: value})
    assert made.options[modern] == decorator(**others, **{modern: value}).options[modern]
    assert former not in made.options
    assert capsys.readouterr().err == (
        f"WARNING: Deprecated argument: {former} Found in @{made.name} decorator.\n Please, use: {modern}\n"
    )


@pytest.mark.parametrize(
    ("decorator", "others", "former"),
    [
        (mpi, RUNNER, "computing_nodes"),
        (mpi, RUNNER, "computingNodes"),
        (container, {"engine": "docker", "image": "i"}, "binary"),
        (container, {"engine": "docker", "image": "i"}, "args"),
        (container, {"engine": "docker", "image": "i"}, "working_dir"),
        (container, {"engine": "docker", "image": "i"}, "fail_by_exit_value"),
        (binary, {"binary": "ls"}, "engine"),
        (binary, {"binary": "ls"}, "image"),
    ],
)
def test_what_belongs_elsewhere_now_is_told(
    capsys: pytest.CaptureFixture[str], decorator: Any, others: dict[str, Any], former: str
) -> None:
    decorator(**others, **{former: "docker" if former == "engine" else "1"})
    assert f"Deprecated argument: {former} Found in @{decorator.name} decorator" in capsys.readouterr().err
