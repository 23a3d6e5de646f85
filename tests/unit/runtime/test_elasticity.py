"""When a run wants one more node, when one less, and where none can be had."""

from __future__ import annotations

import sys

import pytest

from pycompss.deploy.allocation import extra
from pycompss.errors import ConfigurationError
from pycompss.runtime.elasticity import ARRIVAL, PATIENCE, wish
from tests.support import sessions

BUSY = {"work": 100 * ARRIVAL, "units": 4, "coming": 0, "allowed": 2, "idle_for": 0.0}
IDLE = {"work": 0.0, "units": 4, "coming": 0, "allowed": 0, "idle_for": PATIENCE + 1}


def test_more_work_than_the_units_do_until_a_node_comes_wants_one() -> None:
    assert wish(**BUSY) == 1


@pytest.mark.parametrize("but", [{"work": 4 * ARRIVAL}, {"coming": 1}, {"allowed": 0}, {"work": 0.0}])
def test_otherwise_no_node_is_wanted(but: dict[str, float]) -> None:
    assert wish(**{**BUSY, **but}) == 0  # type: ignore[arg-type]


def test_a_node_that_was_idle_for_long_goes() -> None:
    assert wish(**IDLE) == -1


@pytest.mark.parametrize("but", [{"work": 0.1}, {"idle_for": PATIENCE - 1}])
def test_otherwise_it_stays(but: dict[str, float]) -> None:
    assert wish(**{**IDLE, **but}) == 0  # type: ignore[arg-type]


def test_a_job_of_the_same_kind_is_asked_for_without_the_variables_of_ours() -> None:
    environ = {"SLURM_JOB_PARTITION": "batch", "SLURM_JOB_ACCOUNT": "me", "SLURM_JOB_NAME": "mine"}
    words = extra.start(environ)
    assert words[0] == sys.executable
    assert words[words.index("srun") + 1 :] == (
        "--nodes=1", "--ntasks=1", "--exclusive", "--mpi=none", "--quiet", "--unbuffered",
        "--partition=batch", "--account=me", "--job-name=mine",
    )  # fmt: skip
    assert "--time=1" in extra.start({**environ, "SLURM_JOB_END_TIME": "1"})


def test_it_is_as_large_as_the_first_node_of_ours() -> None:
    given = {"SLURM_JOB_CPUS_PER_NODE": "48(x2),24", "SLURM_MEM_PER_NODE": "9000", "SLURM_GPUS_ON_NODE": "4"}
    assert {"--cpus-per-task=48", "--mem=9000", "--gres=gpu:4"} <= set(extra.start(given))


def test_without_a_job_of_slurm_there_is_none() -> None:
    with pytest.raises(ConfigurationError, match="try:   pycompss job submit --elasticity=3 --num_nodes=1"):
        extra.check(3, "flag --elasticity=", {})
    extra.check(3, "", {"SLURM_JOB_ID": "7"})


def test_a_run_that_cannot_have_more_nodes_does_not_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    with (
        pytest.raises(ConfigurationError, match="this process is in no job of Slurm"),
        sessions.running(elasticity=1),
    ):
        pass
