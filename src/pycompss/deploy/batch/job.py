"""What a job is: one frozen value, filled from options, then the site's defaults, then our own.

Every field is an option of `enqueue_compss` and `pycompss job submit`; its metadata say how its text is read and what
it means, so that parser, usage and documentation cannot disagree with it. Batch systems have words of their own for all
of this: see `systems`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import Field, dataclass, field, fields
from typing import Any

from pycompss.deploy.batch import texts
from pycompss.deploy.batch.refused import Refused
from pycompss.deploy.batch.site import Site
from pycompss.runtime import quantities

Parse = Callable[[str], Any]

WORKS, NEEDLESS, LATER = "works", "needless", "later"  # what an option does: see `cli.option.Status`
REQUEST, RUN, SCRIPT, OTHER = "Request", "Nodes", "Script", "Accepted"  # groups of options


def _option(default: Any, parse: Parse, metavar: str, says: str, group: str = REQUEST, **more: Any) -> Any:
    """A field that an option of this name sets.

    more: `repeatable`; `bare`, what it means without a value; `status`; `calm`, texts that ask for nothing; `shown`,
    the default in words; `key`, its name in site files.
    """
    metadata = {"parse": parse, "metavar": metavar, "says": says, "group": group, "status": WORKS, **more}
    return field(default=default, metadata=metadata)


def _list(metavar: str, says: str, parse: Parse = texts.line) -> Any:
    return _option((), parse, metavar, says, SCRIPT, repeatable=True)


def _later(metavar: str, says: str, **more: Any) -> Any:
    return _option(None, texts.line, metavar, says, OTHER, status=LATER, calm=texts.NOTHING, **more)


def _needless(metavar: str, says: str, **more: Any) -> Any:
    return _option(None, texts.line, metavar, says, OTHER, status=NEEDLESS, **more)


@dataclass(frozen=True, slots=True)
class Job:
    """A job, and the program that runs in it."""

    # -- what the batch system is asked for
    sc_cfg: str = _option("default", texts.line, "NAME|FILE", "site file; `default`: what this machine tells by itself")
    batch_system: str | None = _option(None, texts.system, "slurm|pbs|lsf|sge", "instead of the one that is found")
    job_name: str = _option("COMPSs", texts.title, "NAME", "name of the job")
    exec_time: int = _option(10, quantities.positive, "MIN", "wall time, in minutes")
    num_nodes: int = _option(2, quantities.positive, "N", "nodes in all, the one of the program included")
    num_switches: int = _option(0, quantities.whole, "N", "most switches between the nodes (Slurm); 0 = any")
    queue: str | None = _option(None, texts.name, "NAME", "queue or partition", shown="the system's default")
    qos: str | None = _option(None, texts.name, "NAME", "quality of service", shown="the system's default")
    reservation: str | None = _option(None, texts.name, "NAME", "reservation to use")
    constraints: str | None = _option(None, texts.expression, "TEXT", "features that the nodes must have")
    licenses: str | None = _option(None, texts.name, "TEXT", "licences to take")
    cluster: str | None = _option(None, texts.name, "NAME", "cluster to submit to, if there are several")
    file_systems: str | None = _option(None, texts.name, "TEXT", "file systems that the job needs")
    project_name: str | None = _option(None, texts.name, "NAME", "project or account that pays")
    job_dependency: str | None = _option(None, texts.job, "ID", "start when this job has ended, however it did")
    forward_cpus_per_node: bool = _option(True, quantities.boolean, "BOOL", "ask for the cores per node by number")
    exclusive: bool = _option(True, quantities.boolean, "BOOL", "share the nodes with no other job")
    extra_submit_flag: tuple[str, ...] = _option(
        (), texts.flag, "FLAG", "a directive as it is; `#` stands for a space", repeatable=True
    )
    # -- what the nodes offer
    cpus_per_node: int | None = _option(
        None, quantities.positive, "N", "computing units of a node", RUN, shown="all that the job gets"
    )
    gpus_per_node: int = _option(0, quantities.whole, "N", "GPUs of a node", RUN)
    fpgas_per_node: int = _option(0, quantities.whole, "N", "FPGAs of a node", RUN)
    node_memory: int | None = _option(
        None, texts.megabytes, "MB|disabled", "memory of a node", RUN, shown="all", key="NODE_MEMORY_SIZE"
    )
    worker_in_master_cpus: int | None = _option(
        None, quantities.whole, "N", "computing units of the first node; 0: it only runs the program", RUN, shown="all"
    )
    worker_in_master_memory: int | None = _option(
        None, texts.megabytes, "MB|disabled", "memory of the first node for tasks", RUN, shown="all"
    )
    max_tasks_per_node: int | None = _option(
        None, quantities.limit, "N", "most tasks at a time on a node; -1 = no limit", RUN, shown="-1"
    )
    io_executors: int | None = _option(None, quantities.whole, "N", "`@IO` tasks at a time on a node", RUN)
    elasticity: int | None = _option(
        None,
        quantities.whole,
        "N",
        "most nodes besides, each a job of its own, while the job runs (Slurm)",
        RUN,
        shown="0",
    )
    automatic_scaling: bool | None = _option(
        None, quantities.boolean, "BOOL", "get them by need; else when the program asks", RUN, shown="true", bare="true"
    )
    heterogeneous: bool = _option(
        False, quantities.boolean, "BOOL", "nodes of several types (Slurm), by the next three", RUN, bare="true"
    )
    types_cfg: str | None = _option(None, texts.file, "FILE", "the types: `type_T(){ cpus_per_node=…; … }`", RUN)
    master: str | None = _option(None, texts.name, "TYPE", "type of the first node", RUN)
    workers: str | None = _option(None, texts.name, "TYPE:N,…", "types of the others, and how many", RUN)
    # -- the script
    job_execution_dir: str = _option(
        ".", texts.directory, "DIR", "where the job runs; its .out and .err go there", SCRIPT
    )
    master_working_dir: str | None = _option(None, texts.line, "DIR", "where temporary files lie", SCRIPT)
    worker_working_dir: str | None = _option(
        None,
        quantities.workplace,
        "shared_disk|local_disk|DIR",
        "where tasks work on each node",
        SCRIPT,
        shown="shared_disk",
    )
    forward_time_limit: bool = _option(
        True, quantities.boolean, "BOOL", "end the program in order, before the system ends the job", SCRIPT
    )
    container_image: str | None = _option(
        None, texts.image, "IMAGE", "program and tasks run in this image of Apptainer or Singularity", SCRIPT
    )
    container_opts: tuple[str, ...] = _option((), texts.words, "OPTS", "options of `apptainer exec`", SCRIPT)
    jupyter_notebook: str | None = _option(
        None, texts.directory, "DIR", "a notebook server there, instead of a program", SCRIPT, bare="."
    )
    pre_env_script: tuple[str, ...] = _list("FILE", "script to source first; repeatable", texts.file)
    prolog: tuple[str, ...] = _list("CMD", "command to run on every node before; commas are spaces; repeatable")
    epilog: tuple[str, ...] = _list("CMD", "the same, afterwards")
    dry_run: bool = _option(False, quantities.boolean, "BOOL", "print the script, submit nothing", SCRIPT, bare="true")
    # -- what is accepted for the sake of old command lines, or refused until it is here
    array: str | None = _option(None, texts.no_array, "TEXT", "refused: a job is one program", OTHER)
    network: str | None = _needless("NAME", "nodes find each other by themselves")
    node_storage_bandwidth: str | None = _needless("MB", "bandwidth of the disks", shown="450")
    worker_port_range: str | None = _needless("MIN,MAX", "ports are chosen when they are free")
    jvm_worker_in_master_opts: str | None = _needless("OPTS", "there is no JVM")
    fpga_reprogram: str | None = _later("CMD", "program FPGAs before the run")
    container_compss_path: str | None = _needless("DIR", "it is the image's Python that finds purecompss")
    storage_home: str | None = _later("DIR", "store of persistent objects")
    storage_props: str | None = _later("FILE", "its settings")
    storage_container_image: str | None = _later("IMAGE", "its container")
    storage_cpu_affinity: str | None = _later("MAP", "its cores")
    agents: str | None = _later("plain|tree", "a runtime on every node", bare="tree")
    ipython: str | None = _option(
        None, texts.no_terminal, "", "refused: a session needs a terminal, which salloc gives", OTHER, bare="true"
    )
    ear: str | None = _later("BOOL", "measure energy", bare="true")
    # -- what no option of this kind says
    variables: tuple[tuple[str, str], ...] = ()  # of the environment
    modules: tuple[str, ...] = ()  # to load
    program: tuple[str, ...] = ()  # `application argument…`
    run_options: tuple[str, ...] = ()  # for `pycompss run`
    components: tuple[Any, ...] = ()  # jobs that are its parts, where nodes are of several types
    exports: tuple[tuple[str, str], ...] = ()  # the same and more as variables, for a notebook server


def options() -> tuple[Field[Any], ...]:
    """The fields that are options."""
    return tuple(entry for entry in fields(Job) if entry.metadata)


def build(given: Mapping[str, Sequence[str]], site: Site, **more: Any) -> Job:
    """Put a job together; `given` maps names of options to the texts they were given, in order; `more`: other fields.

    Raises Refused naming the option, or the line of the site file.
    """
    values: dict[str, Any] = {}
    for entry in options():
        name = entry.name
        if name in given:
            values[name] = parsed(entry, given[name], f"--{name}")
        elif (default := _default(entry, site)) is not None:
            values[name] = parsed(entry, [default.text], f"{default.place}: {default.name}")
    values.setdefault("job_execution_dir", texts.directory(os.curdir))
    return Job(**values, **more)


def _default(entry: Field[Any], site: Site) -> Any:
    """What the site file says about an option; what is not here yet is not asked for by a site."""
    if entry.metadata["status"] != WORKS:
        return None
    return site.setting(f"DEFAULT_{entry.metadata.get('key', entry.name.upper())}")


def parsed(entry: Field[Any], given: Sequence[str], where: str) -> Any:
    """What an option was given, as its value; raises Refused, which begins with `where`."""
    if entry.metadata["status"] == LATER and given[-1] not in entry.metadata["calm"]:
        raise Refused(f"{where}={given[-1]}: {entry.metadata['says']}: not available yet")
    try:
        read = [entry.metadata["parse"](text) for text in given]
    except ValueError as error:
        raise Refused(f"{where}={given[-1]}: {error}") from None
    return tuple(read) if entry.metadata.get("repeatable") else read[-1]
