"""Jobs whose nodes are of several types: `--heterogeneous --types_cfg=FILE --master=T --workers=T:N,…`.

The file has a function of the shell for each type, `type_fat(){ cpus_per_node=64; node_memory=500000; }`. As in site
files, assignments are read, and nothing is executed. What a type does not say is as for the whole job.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from pycompss.deploy.batch import assignments
from pycompss.deploy.batch import job as jobs
from pycompss.deploy.batch.job import Job
from pycompss.deploy.batch.refused import Refused

_TYPE = re.compile(r"(?:function\s+)?type_(\w+)\s*(?:\(\s*\))?\s*\{(.*?)\}", re.DOTALL)
_COUNT = re.compile(r"(\w+):(\d+)")
_OF_A_TYPE = frozenset(
    {
        "cpus_per_node", "gpus_per_node", "fpgas_per_node", "node_memory", "queue", "qos", "constraints", "reservation",
        "licenses", "extra_submit_flag", "forward_cpus_per_node", "exclusive",
    }
)  # fmt: skip
_NEEDLESS = frozenset({"node_storage_bandwidth", "network", "jvm_workers_opts", "worker_working_dir"})


def components(job: Job) -> tuple[Job, ...]:
    """The parts of a job, the first node's own first; nothing, if all nodes are alike. Raises Refused."""
    if not job.heterogeneous:
        given = {name: getattr(job, name) for name in ("types_cfg", "master", "workers") if getattr(job, name)}
        if given:
            raise Refused(f"{' and '.join(f'--{name}' for name in given)} belong to --heterogeneous")
        return ()
    missing = [f"--{name}" for name in ("types_cfg", "master", "workers") if not getattr(job, name)]
    if missing:
        raise Refused("--heterogeneous needs more", asked="--heterogeneous", found=f"no {' and no '.join(missing)}")
    types = read(str(job.types_cfg))
    first = _of_type(job, types, str(job.master), 1)
    return (first, *(_of_type(job, types, name, count) for name, count in _workers(str(job.workers))))


def _workers(text: str) -> list[tuple[str, int]]:
    found = [(match[1], int(match[2])) for match in map(_COUNT.fullmatch, text.split(",")) if match]
    if len(found) != text.count(",") + 1 or any(count < 1 for _, count in found):
        raise Refused(f"--workers={text}: expected types with numbers of nodes, such as thin:3,fat:1")
    return found


def read(path: str) -> dict[str, dict[str, assignments.Assignment]]:
    """The types of a file, by name."""
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"--types_cfg={path} cannot be read: {error}") from None
    found = {}
    for match in _TYPE.finditer(text):
        before = text.count("\n", 0, match.start(2))
        lines = [""] * before + match[2].split("\n")
        assigned, omitted = assignments.read(lines, path)
        if omitted:
            raise Refused(f"{omitted[0].place}: {omitted[0].why}; types hold assignments only")
        found[match[1]] = assigned
    return found


def _of_type(job: Job, types: Mapping[str, Mapping[str, assignments.Assignment]], name: str, nodes: int) -> Job:
    if name not in types:
        raise Refused(
            f"there is no type {name}",
            asked=f"--master={job.master} --workers={job.workers}",
            found=f"{job.types_cfg} has {', '.join(types) or 'none'}",
        )
    values = {}
    parsers = {entry.name: entry for entry in jobs.options()}
    for key, given in types[name].items():
        option = key.lower()
        if option in _OF_A_TYPE:
            values[option] = jobs.parsed(parsers[option], [given.text], f"{given.place}: {key}")
        elif option not in _NEEDLESS:
            raise Refused(f"{given.place}: {key} is nothing that a type of nodes has: {', '.join(sorted(_OF_A_TYPE))}")
    return replace(job, num_nodes=nodes, **values)
