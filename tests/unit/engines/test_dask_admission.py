"""Which nodes take part although they see none of the program's folders."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import pytest

from pycompss.core.deployment import Deployment
from pycompss.engines.dask import greeting
from pycompss.engines.dask.admission import Admission
from pycompss.engines.dask.opening import Opening, Share, Terms
from pycompss.runtime.clustered import described

WORK = Share("n", 1, deployment=Deployment("/work"))


class Blind:
    """A worker that sees nothing; `asked`: where its tasks shall work, and how long paths may take."""

    async def greet(
        self, address: str, paths: list[str], working_dir: str, packages: list[str], patience: float
    ) -> dict[str, Any]:
        self.asked = working_dir, patience
        versions = greeting.versions(packages)
        return {"versions": versions, "missing": paths, "unusable": "", "host": "far", "python": "python3"}


def asked(share: Share, choice: str, scheduler: str = "") -> tuple[str, bool, tuple[str, float]]:
    """What speaks against that worker, whether it stands apart, and what it was asked."""
    shared = (("/run/token", "/run"),)
    terms = Terms("r", "/run", "/run/tmp", (), "/home", choice, False, shared, partial(described, {}))
    admission, blind = Admission(Opening(terms, (), 10.0, scheduler=scheduler)), Blind()
    problem = asyncio.run(admission.problem_of(blind, "tls://far:1", "n", share))
    return problem, admission.session("tls://far:1", 0, share).is_apart, blind.asked


@pytest.mark.parametrize(
    ("share", "choice", "where"),
    [(WORK, "shared_disk", "/work"), (Share("n", 1), "local_disk", "local_disk"), (Share("n", 1), "/x", "/x")],
)
def test_a_node_whose_tasks_work_on_its_own_disk_may_see_nothing(share: Share, choice: str, where: str) -> None:
    assert asked(share, choice) == ("", True, (where, greeting.HURRY))


def test_a_node_whose_tasks_work_in_the_runs_folder_must_see_it() -> None:
    problem, is_apart, (_, patience) = asked(Share("n", 1), "shared_disk")
    assert "node n (on far) does not see the program's folders" in problem
    assert "or --worker_working_dir=local_disk, which needs none" in problem
    assert (is_apart, patience) == (False, greeting.PATIENCE)


def test_workers_of_a_cluster_of_others_get_no_files_of_the_program() -> None:
    problem, is_apart, _ = asked(Share("n", 1), "local_disk", scheduler="tcp://host:8786")
    assert "does not see the program's folders" in problem
    assert not is_apart
