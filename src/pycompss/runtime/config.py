"""What a run is asked to be: one frozen value, filled from flags, environment and a file, in this order.

Every field can be set in three places, under one name: the flag that the option table gives (`--log_dir=`), the
environment variable `PYCOMPSS_LOG_DIR`, the line `log_dir = …` of the configuration file (`$PYCOMPSS_CONFIG`, else
`~/.config/pycompss/config`). `Config.origin("log_dir")` says which of them it was.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import Field, dataclass, field, fields
from typing import Any

from pycompss.core.deployment import AS_ALL, Deployment
from pycompss.core.equipment import CPU, Equipment, counted
from pycompss.errors import ConfigurationError
from pycompss.runtime import machine, quantities

PREFIX = "PYCOMPSS_"
LOG_LEVELS = ("off", "info", "api", "debug", "trace")
DEFAULT_SCHEDULER = "es.bsc.compss.scheduler.lookahead.locality.LocalityTS"

Parse = Callable[[str], Any]


def _setting(default: Any, parse: Parse, says: str, variable: str = "") -> Any:
    """A field that flags, environment and files may set; `says` is its line of documentation.

    variable: of the environment, by which the programming model knows it; that with our prefix goes first.
    """
    return field(default=default, metadata={"parse": parse, "says": says, "variable": variable})


_ENGINES = "`local` (parallel), `dask` (several nodes) or `inline` (sequential)"
_NOT_DESCRIBED = Equipment(is_local=True)


@dataclass(frozen=True, slots=True)
class NodeSpec:
    """A node to run tasks on: a machine, or a share of one."""

    name: str
    computing_units: int  # 0 = as many as it turns out to have
    memory_bytes: int | None = None  # None = not limited
    limit_of_tasks: int | None = None  # most tasks at a time
    equipment: Equipment = _NOT_DESCRIBED  # what else constraints may ask for
    start: tuple[str, ...] = ()  # what starts its agent, if it is another machine
    by_shell: bool = False  # that takes one text for a shell there
    deployment: Deployment = AS_ALL  # how its processes start, and where they work

    @property
    def told_units(self) -> str:
        """Its computing units and devices, in words."""
        if not self.computing_units:
            return "all of it"
        devices = [processor for processor in self.equipment.processors if processor.kind != CPU]
        return ", ".join(
            [counted(self.computing_units, CPU), *(counted(processor.units, processor.kind) for processor in devices)]
        )


@dataclass(frozen=True, slots=True)
class ServiceSpec:
    """A service that tasks may call, as `<Http>` (`BaseUrl`) and `<Service>` (`wsdl`) describe it."""

    address: str
    kind: str  # "Http" or "Service"
    names: tuple[str, ...] = ()
    namespace: str = ""
    port: str = ""
    limit_of_tasks: int | None = None  # most calls at a time


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that a session reads about the run it starts."""

    engine: str = _setting("local", quantities.one_of("local", "dask", "inline"), _ENGINES)
    node_timeout: float = _setting(10.0, quantities.seconds, "seconds of silence after which a node is given up")
    agents: int = _setting(2, quantities.positive, "nodes that this machine plays with the engine `dask`")
    scheduler_file: str | None = _setting(None, str, "of a Dask scheduler whose workers are the nodes")
    scheduler_address: str | None = _setting(
        None, str, "of such a scheduler: `tls://`, `tcp://host:port`, `gateway://host:port/name`"
    )
    workers: int | None = _setting(None, quantities.positive, "computing units of the default node")
    log_dir: str = _setting("", str, "where `.COMPSs/` with the run folders lies (default: home)")
    specific_log_dir: str | None = _setting(None, str, "exactly this run folder")
    master_working_dir: str | None = _setting(None, str, "where the master's temporary files lie")
    worker_working_dir: str = _setting(
        "shared_disk",
        quantities.workplace,
        "where tasks work: `shared_disk` (the run's folder), `local_disk`, a folder",
    )
    log_level: str = _setting("off", quantities.one_of(*LOG_LEVELS), "off, info, api, debug or trace")
    graph: bool = _setting(False, quantities.boolean, "write `monitor/complete_graph.dot`")
    summary: bool = _setting(False, quantities.boolean, "count the tasks at the end of the run")
    monitoring: int = _setting(0, quantities.whole, "show the run in a browser while it goes on; 0 = no")
    monitor_port: int = _setting(0, quantities.whole, "port of that page; 0 = 8080 if free", "COMPSs_MONITOR_PORT")
    tracing: str = _setting("", quantities.tracing, "produce a trace for `paraver`, or for `perfetto`")
    generate_trace: bool = _setting(True, quantities.boolean, "make the trace at the end; no: `pycompss gentrace` can")
    trace_label: str = _setting("", str, "label of the trace, in the name of its files")
    tracing_task_dependencies: bool = _setting(False, quantities.boolean, "draw dependencies in the Paraver trace")
    task_output: str = _setting("files", quantities.one_of("files", "live"), "`files`, or `live`: shown as written")
    scheduler: str = _setting(DEFAULT_SCHEDULER, quantities.scheduler, "scheduling policy, full class or short name")
    wall_clock_limit: float = _setting(0.0, quantities.seconds, "seconds after which the run is ended; 0 = none")
    gpus: int | None = _setting(None, quantities.whole, "GPUs of the default node (default: those that are found)")
    fpgas: int = _setting(0, quantities.whole, "FPGAs of the default node")
    cpu_affinity: str = _setting("automatic", quantities.affinity, "disabled, automatic, dlb, or a map of cores")
    gpu_affinity: str = _setting("automatic", quantities.affinity, "disabled, automatic, or a map of GPUs")
    fpga_affinity: str = _setting("automatic", quantities.affinity, "disabled, automatic, or a map of FPGAs")
    keep_workingdir: bool = _setting(False, quantities.boolean, "leave the working directories behind")
    input_profile: str | None = _setting(None, str, "how long types of tasks take, from an earlier run")
    output_profile: str | None = _setting(None, str, "where to write how long types of tasks took")
    python_memory_profile: bool = _setting(False, quantities.boolean, "files with the memory of processes over time")
    shutdown_in_node_failure: bool = _setting(False, quantities.boolean, "end the run when a node is lost")
    worker_in_master_cpus: int | None = _setting(None, quantities.whole, "computing units of a job's first node")
    worker_in_master_memory: int | None = _setting(None, quantities.megabytes, "megabytes of a job's first node")
    node_memory: int | None = _setting(None, quantities.megabytes, "megabytes of a node of a job that tasks may use")
    elasticity: int = _setting(0, quantities.whole, "most nodes that a job of Slurm may get besides its own")
    automatic_scaling: bool = _setting(True, quantities.boolean, "get them, and give them back, by need")
    max_tasks_per_node: int | None = _setting(None, quantities.limit, "most tasks at a time on a node of a job")
    io_executors: int = _setting(0, quantities.whole, "`@IO` tasks at a time on a node; 0 = 4")
    http_pool_size: int = _setting(0, quantities.whole, "`@http` tasks at a time; 0 = 100", "COMPSS_HTTP_POOL_SIZE")
    store_limit: int | None = _setting(None, quantities.size, "most shared memory for values, e.g. `2GB`")
    store_spill: bool = _setting(True, quantities.boolean, "spill values to disk when that is full; `false`: fail")
    spill_directory: str | None = _setting(None, str, "where spilled values go (default: the master's temporary files)")
    pythonpath: tuple[str, ...] = _setting((), quantities.paths, "folders put before `sys.path`, `:` between them")
    library_path: tuple[str, ...] = _setting((), quantities.paths, "folders put before `LD_LIBRARY_PATH` of tasks")
    python_interpreter: str | None = _setting(
        None, str, "interpreter of nodes behind ssh (default: that of the program)"
    )
    env_script: tuple[str, ...] = _setting((), quantities.paths, "scripts whose environment the workers get")
    progress: bool | None = _setting(None, quantities.boolean, "a line of progress on a terminal (default: yes)")
    project: str | None = _setting(None, str, "project.xml: the nodes to use")
    resources: str | None = _setting(None, str, "resources.xml: the nodes there are")
    uuid: str | None = _setting(None, str, "identifier of the run (default: generated)")
    # -- what cannot be set from outside the command line
    application: str = ""  # path of the program, or a name
    app_args: tuple[str, ...] = ()
    nodes: tuple[NodeSpec, ...] = ()  # empty: filled from project and resources, or this machine
    services: tuple[ServiceSpec, ...] = ()  # filled from project and resources
    origins: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.nodes:
            self._find_nodes()
        if not self.log_dir:
            self._replace("log_dir", os.path.expanduser("~"))
        if self.monitoring:
            self._replace("graph", True)
            self._replace("log_level", "info" if self.log_level == "off" else self.log_level)

    def _find_nodes(self) -> None:
        """The nodes and services of the XML files, else this machine."""
        from pycompss.runtime import hardware  # noqa: PLC0415  (what is given needs not be found)

        maps = {kind: _names(quantities.groups(text)) for kind, text in self._affinities()}
        devices = hardware.devices(self.gpus, self.fpgas, maps)
        if self.project or self.resources:
            from pycompss.deploy import resources  # noqa: PLC0415  (XML is read only when there is some)

            described = resources.read(self.project, self.resources, devices)
            self._replace("nodes", described.nodes)
            self._replace("services", described.services)
            self._use_engine_of(described.nodes)
        if not self.nodes:
            units = self.worker_in_master_cpus or self.workers or machine.computing_units()
            megabytes = self.worker_in_master_memory or self.node_memory
            memory = megabytes << 20 if megabytes else machine.memory_bytes()
            node = NodeSpec("localhost", units, memory, equipment=hardware.equipment(units, devices))
            self._replace("nodes", (node,))

    def _use_engine_of(self, nodes: tuple[NodeSpec, ...]) -> None:
        """Other machines need the engine for several nodes."""
        other = next((node for node in nodes if node.start), None)
        if other is None or self.engine != "local":
            return
        if "engine" in self.origins:
            raise ConfigurationError(
                f"{self.project or self.resources}: node {other.name} is another machine, and engine = local "
                f"({self.origin('engine')}) has nodes on this one alone: leave that out, or --engine=dask"
            )
        self._replace("engine", "dask")

    def _affinities(self) -> tuple[tuple[str, str], ...]:
        return ("GPU", self.gpu_affinity), ("FPGA", self.fpga_affinity)

    def _replace(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)

    def origin(self, name: str) -> str:
        """Where the value of field `name` came from: a flag, the environment, a line of a file, or the default."""
        return self.origins.get(name, "default")

    @property
    def is_observed(self) -> bool:
        """Whether a journal is kept, because somebody wants to see what happened."""
        return self.graph or self.summary or bool(self.tracing or self.output_profile) or self.logs("info")

    def logs(self, level: str) -> bool:
        """Whether what belongs to `level` is logged."""
        return self.log_level != "off" and LOG_LEVELS.index(level) <= LOG_LEVELS.index(self.log_level)


def settings() -> tuple[Field[Any], ...]:
    """The fields that flags, environment and files may set."""
    return tuple(entry for entry in fields(Config) if entry.metadata)


def build(
    flags: Mapping[str, tuple[str, str]] | None = None,
    environ: Mapping[str, str] | None = None,
    *,
    application: str = "",
    app_args: Sequence[str] = (),
) -> Config:
    """Put a configuration together; `flags` maps field names to (the flag as written, its text).

    Raises ConfigurationError, which names the flag, the variable or the line of the file.
    """
    found: dict[str, tuple[str, str]] = {}  # field -> (where, text); later updates win
    environ = os.environ if environ is None else environ
    names = {entry.name for entry in settings()}
    found.update(_from_file(environ, names))
    found.update({name: (f"environment {variable}", environ[variable]) for name, variable in _set_in(environ)})
    found.update({name: (f"flag {flag}", text) for name, (flag, text) in (flags or {}).items()})
    values = {entry.name: _parsed(entry, *found[entry.name]) for entry in settings() if entry.name in found}
    origins = {name: where for name, (where, _) in found.items()}
    if values.get("scheduler_file") or values.get("scheduler_address"):
        values.setdefault("engine", "dask")
    elif values.get("engine", "dask") == "dask" and not values.keys() & {"project", "resources"}:
        values |= _allotted(environ, values)
    return Config(**values, application=application, app_args=tuple(app_args), origins=origins)


def _allotted(environ: Mapping[str, str], values: Mapping[str, Any]) -> dict[str, Any]:
    """Engine and nodes, if this is a job of a batch system with nodes besides this one."""
    if not any(environ.get(variable) for variable in machine.ALLOCATIONS):
        return {}
    from pycompss.deploy.allocation import nodes  # noqa: PLC0415  (jobs alone pay for it)

    return nodes.settings(environ, values)


def _parsed(entry: Field[Any], where: str, text: str) -> Any:
    try:
        return entry.metadata["parse"](text)
    except ValueError as error:
        raise ConfigurationError(f"{entry.name} = {text!r} ({where}): {error}") from None


def _set_in(environ: Mapping[str, str]) -> list[tuple[str, str]]:
    """The fields that the environment sets, and the variable that counts."""
    variables = [(entry.name, (PREFIX + entry.name.upper(), entry.metadata["variable"])) for entry in settings()]
    found = [(name, next((one for one in both if environ.get(one)), "")) for name, both in variables]
    return [(name, variable) for name, variable in found if variable]


def file_name(environ: Mapping[str, str]) -> str:
    """The configuration file that is read, if it exists."""
    folder = environ.get("XDG_CONFIG_HOME") or os.path.join(environ.get("HOME", "/"), ".config")
    return environ.get(f"{PREFIX}CONFIG") or os.path.join(folder, "pycompss", "config")


def _from_file(environ: Mapping[str, str], names: set[str]) -> dict[str, tuple[str, str]]:
    """The lines `name = value` of the configuration file; `#` starts a comment."""
    path = file_name(environ)
    try:
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
    except OSError as error:
        if environ.get(f"{PREFIX}CONFIG"):
            raise ConfigurationError(f"{PREFIX}CONFIG={path}: cannot be read: {error.strerror}") from None
        return {}
    found = {}
    for number, line in enumerate(lines, 1):
        name, equals, text = line.partition("#")[0].partition("=")
        name = name.strip().replace("-", "_")
        if not (name or equals):
            continue
        if name not in names or not equals:
            raise ConfigurationError(f"{path}:{number}: {line.strip()!r} is not of the form `setting = value`")
        found[name] = (f"{path}:{number}", text.strip())
    return found


def _names(groups: Sequence[Sequence[int]]) -> list[str]:
    return [str(number) for group in groups for number in group]
