"""Running one function of a file as an application, from a script that is none itself."""

from __future__ import annotations

import importlib.util
import os
import runpy
import sys
from collections.abc import Callable, Mapping
from typing import Any

from pycompss.errors import PyCOMPSsException
from pycompss.runtime import config, current, start
from pycompss.runtime.start_keywords import SETTINGS

_WITHOUT_EFFECT = frozenset(
    [
        "o_c",
        "task_execution",
        "storage_impl",
        "storage_conf",
        "streaming_backend",
        "streaming_master_name",
        "streaming_master_port",
        "task_count",
        "app_name",
        "extrae_cfg",
        "extrae_final_directory",
        "comm",
        "conn",
        "master_name",
        "master_port",
        "jvm_workers",
        "fpga_reprogram",
        "scheduler_config",
        "external_adaptation",
        "propagate_virtual_environment",
        "mpi_worker",
        "worker_cache",
        "reuse_on_block",
        "nested_enabled",
        "extrae_cfg_python",
        "cache_profiler",
        "ear",
        "data_provenance",
        "checkpoint_policy",
        "checkpoint_params",
        "checkpoint_folder",
        "verbose",
        "disable_external",
    ]
)


def launch_pycompss_application(app: str, func: str | None, *args: Any, **kwargs: Any) -> Any:
    """Start the runtime, run `func(*args, **kwargs)` of the file `app`, stop the runtime; gives the value of the call.

    Keywords of `pycompss.interactive.start` configure the run (log_level, graph, project_xml, …); the others belong to
    the function. `func` None or "__main__" runs the file as the main program.

    Raises:
        PyCOMPSsException: the file does not exist, has no such function, or a runtime is running already.
    """
    if not os.path.isfile(app):
        raise PyCOMPSsException(f"launch_pycompss_application: {app!r} is no file")
    own = {name: value for name, value in kwargs.items() if not _is_flag(name)}
    flags = _flags({name: value for name, value in kwargs.items() if _is_flag(name)})
    folder = os.path.dirname(os.path.abspath(app))
    if folder not in sys.path:
        sys.path.insert(0, folder)  # before the start, so that workers have it, too
    caller = start.start(config.build(flags, application=os.path.abspath(app)))
    code = 1
    try:
        value = caller.wait_on(_run(app, func, args, own))
        code = 0
        return value
    finally:
        try:
            caller.stop(code)
        finally:
            current.set_(None)


def _is_flag(name: str) -> bool:
    return name in SETTINGS or name in _WITHOUT_EFFECT or name == "debug"


def _flags(given: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """What `config.build` calls flags; values that mean "not given" are left out."""
    flags = {
        SETTINGS[name]: (f"{name}=", str(value).lower() if isinstance(value, bool) else str(value))
        for name, value in given.items()
        if name in SETTINGS and value not in (None, "", False, -1)
    }
    if given.get("debug"):
        flags["log_level"] = ("debug=", "debug")
    return flags


def _run(app: str, func: str | None, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    if func is None or func == "__main__":
        runpy.run_path(app, run_name="__main__")
        return None
    return _function(app, func)(*args, **kwargs)


def _function(app: str, func: str) -> Callable[..., Any]:
    """The function, from the file imported under its base name, so that workers find it, too."""
    name = os.path.splitext(os.path.basename(app))[0]
    spec = importlib.util.spec_from_file_location(name, app)
    if spec is None or spec.loader is None:
        raise PyCOMPSsException(f"launch_pycompss_application: {app!r} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    found: Callable[..., Any] | None = getattr(module, func, None)
    if found is None:
        raise PyCOMPSsException(f"launch_pycompss_application: {app!r} has no function {func!r}")
    return found
