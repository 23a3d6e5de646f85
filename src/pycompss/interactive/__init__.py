"""The runtime in an interactive session: a notebook, a shell.

`start(...)`, then cells with tasks and their calls, then `stop(sync=True)`, which leaves values where futures were.
"""

from __future__ import annotations

import os
import sys

from pycompss import __version__
from pycompss.errors import PyCOMPSsException
from pycompss.interactive import before, kernel, keywords, namespace, watching
from pycompss.interactive.views import (
    complete_task_graph,
    current_task_graph,
    monitor_address,
    monitoring_information,
    progress,
    resources_status,
    statistics,
    tasks_info,
    tasks_status,
)
from pycompss.runtime import config as configuration
from pycompss.runtime import current, monitoring
from pycompss.runtime import start as runtime
from pycompss.runtime.caller import Caller
from pycompss.runtime.config import DEFAULT_SCHEDULER
from pycompss.runtime.stopped import StoppedCaller

__all__ = [
    "complete_task_graph",
    "current_task_graph",
    "monitor_address",
    "monitoring_information",
    "progress",
    "resources_status",
    "start",
    "statistics",
    "stop",
    "tasks_info",
    "tasks_status",
]

_RULE = "*" * 54
_MOST_TOLD = 10  # failures at the end
_started: Caller | None = None


def start(
    log_level: str = "off",
    debug: bool = False,
    o_c: bool = False,
    graph: bool = False,
    trace: bool = False,
    monitor: int | None = -1,
    project_xml: str | None = None,
    resources_xml: str | None = None,
    summary: bool = False,
    task_execution: str = "compss",
    storage_impl: str | None = None,
    storage_conf: str | None = None,
    streaming_backend: str | None = None,
    streaming_master_name: str | None = None,
    streaming_master_port: str | None = None,
    task_count: int = 50,
    app_name: str = "InteractiveMode",
    uuid: str | None = None,
    log_dir: str | None = None,
    master_working_dir: str | None = None,
    extrae_cfg: str | None = None,
    extrae_final_directory: str | None = None,
    comm: str = "NIO",
    conn: str = "es.bsc.compss.connectors.DefaultSSHConnector",
    master_name: str = "",
    master_port: str = "",
    scheduler: str = DEFAULT_SCHEDULER,
    jvm_workers: str = "-Xms1024m,-Xmx1024m,-Xmn400m",
    cpu_affinity: str = "automatic",
    gpu_affinity: str = "automatic",
    fpga_affinity: str = "automatic",
    fpga_reprogram: str = "",
    profile_input: str = "",
    profile_output: str = "",
    scheduler_config: str = "",
    external_adaptation: bool = False,
    propagate_virtual_environment: bool = True,
    mpi_worker: bool = False,
    worker_cache: bool | str = False,
    shutdown_in_node_failure: bool = False,
    io_executors: int = 0,
    env_script: str = "",
    reuse_on_block: bool = True,
    nested_enabled: bool = False,
    tracing_task_dependencies: bool = False,
    trace_label: str | None = None,
    extrae_cfg_python: str | None = None,
    wcl: float = 0,
    cache_profiler: bool = False,
    ear: bool | str = False,
    data_provenance: bool | str = False,
    checkpoint_policy: str | None = None,
    checkpoint_params: str = "",
    checkpoint_folder: str = "",
    verbose: bool = False,
    disable_external: bool = False,
) -> None:
    """Start the runtime; the keywords are those of the command line, `docs/cli.md` tells their meaning.

    Raises TypeError for an argument of the wrong type, ConfigurationError for one that makes no sense.
    """
    given = keywords.changed(start, locals())
    global _started  # noqa: PLW0603  (one runtime in a process)
    if runtime.is_running() or (_started is not None and current.peek() is _started):
        print("The runtime is already running")
        return
    for note in keywords.notes(given):
        sys.stderr.write(f"WARNING: {note}\n")
    config = configuration.build(keywords.flags(given), application=app_name)
    print(f"{_RULE}\n{f' PyCOMPSs Interactive {__version__} ':*^{len(_RULE)}}\n{_RULE}")
    print("* - Starting COMPSs runtime...")
    monitoring.announce = lambda _address: None  # see _tell
    _started = runtime.start(config)
    watching.begin(_started, graph=graph, monitor=monitor or 0)
    kernel.attach(_started)
    print(f"* - Log path : {_log_path(_started)}")
    _tell(_started)
    print("* - PyCOMPSs Runtime started... Have fun!")
    print(_RULE)


def _log_path(caller: Caller) -> str:
    folder = getattr(caller, "folder", None)
    return folder.path if folder is not None else "none (tasks run in sequence)"


def _tell(caller: Caller) -> None:
    """Where the run's page is, and what became of the session before."""
    address = monitor_address()
    if address is not None:
        print(f"* - Monitor  : {address}")
    folder = getattr(caller, "folder", None)
    killed = before.killed(folder.path) if folder is not None else None
    if killed is not None:
        print(f"* - The session before was killed, and its tasks with it: pycompss log {os.path.basename(killed)}")


def stop(sync: bool | None = None, _hard_stop: bool = False) -> None:
    """Stop the runtime, after all tasks unless `_hard_stop`.

    sync: replace the futures among the caller's global variables by their values; unless False, when they are lost.
    Raises TaskError when a task failed and nobody was told; the runtime is stopped all the same.
    """
    caller = current.peek()
    if caller is None or not (runtime.is_running() or caller is _started):
        print("The runtime is not running")
        return
    print(f"{_RULE}\n{' STOPPING PyCOMPSs ':*^{len(_RULE)}}\n{_RULE}")
    untold: list[PyCOMPSsException] = []
    if sync is not False and not _hard_stop:
        print("Synchronizing all future objects left on the user scope.")
        untold = namespace.synchronise(caller, sys._getframe(1).f_globals)  # noqa: SLF001  (that of the user)
    else:
        print("Warning: variables that were not synchronised may not have been brought to the program.")
        if not _hard_stop:
            untold = namespace.settle(caller)  # who interrupts this has the runtime still
    _stop(hard=_hard_stop)
    print(_RULE)
    if untold:
        sys.stderr.writelines(f"{other}\n" for other in untold[1:_MOST_TOLD])
        raise untold[0]


def _stop(*, hard: bool) -> None:
    global _started  # noqa: PLW0603  (one runtime in a process)
    _started = None
    is_parallel = runtime.is_running()
    try:
        runtime.stop(hard=hard)
    finally:
        if is_parallel:
            current.set_(StoppedCaller("ipycompss.stop", "ipycompss.start()"))
        kernel.detach()
