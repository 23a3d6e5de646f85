"""What project.xml says of nodes that are this machine: where their tasks work, and what these find there."""

from __future__ import annotations

import os

from pycompss.core.deployment import AS_ALL, Deployment
from pycompss.engines.local import workplace
from pycompss.engines.local.settings import Own
from pycompss.engines.local.workplace import Workplace
from pycompss.errors import ConfigurationError
from pycompss.runtime.config import Config, NodeSpec
from pycompss.runtime.environment import sourced

_LIBRARIES = "LD_LIBRARY_PATH"


def environment(deployment: Deployment) -> dict[str, str]:
    """The variables that workers of the node get; raises ConfigurationError for a script that fails."""
    found = sourced(deployment.scripts)
    if deployment.libraries:
        before = found.get(_LIBRARIES) or os.environ.get(_LIBRARIES)
        found[_LIBRARIES] = os.pathsep.join([*deployment.libraries, *filter(None, [before])])
    return found


def of_all(config: Config, run: str) -> Workplace:
    """Where tasks work if nothing is said of their node alone; raises ConfigurationError when they cannot."""
    _check(config.worker_working_dir, f"worker_working_dir ({config.origin('worker_working_dir')})")
    return workplace.of(config.worker_working_dir, run, keep=config.keep_workingdir)


def of_nodes(config: Config, run: str) -> dict[int, Own]:
    """What differs on single nodes, by their index; raises ConfigurationError when it cannot be used."""
    told = ((index, spec) for index, spec in enumerate(config.nodes) if spec.deployment != AS_ALL)
    return {index: _own(config, spec, f"{run}-{index}") for index, spec in told}


def _own(config: Config, spec: NodeSpec, run: str) -> Own:
    folder = spec.deployment.working_dir
    place = workplace.of_node(config.worker_working_dir, folder)
    if place == folder:
        _check(folder, f"{config.project}: <WorkingDir> of {spec.name}")
    return Own(
        workplace.of(config.worker_working_dir, run, folder, keep=config.keep_workingdir) if folder else None,
        environment(spec.deployment),
        spec.deployment.path,
    )


def _check(place: str, origin: str) -> None:
    problem = workplace.problem(place)
    if problem:
        raise ConfigurationError(f"{origin} = {place}: {problem}")
