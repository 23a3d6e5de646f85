"""Engines as whole programs use them, each in the way that its users would: one small interface.

Handles stand for values: those of other engines are futures, ours too, and objects that tasks have changed.
"""

from __future__ import annotations

import importlib.util
import inspect
import operator
import os
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import kernels

Function = Callable[..., Any]
PEERS = {"dask": "distributed", "ray": "ray"}  # what must be installed


class Engine(Protocol):
    def call(self, function: Function, *arguments: Any) -> Any:
        """A handle of what the function returns."""

    def call_many(self, function: Function, returns: int, *arguments: Any) -> list[Any]:
        """Handles of the values in the list that the function returns."""

    def change(self, function: Function, *arguments: Any) -> Any:
        """A handle of the last argument as `function` changes it; who cannot, calls its like in `kernels.NEW`."""

    def gather(self, function: Function, handles: list[Any]) -> Any:
        """Call the function with a list of values."""

    def wait(self, handles: Sequence[Any]) -> None: ...
    def values(self, handles: Sequence[Any]) -> list[Any]: ...
    def stop(self) -> None: ...


class Tasks:
    """This project: blocks are INOUT parameters, lists of pieces collections."""

    def __init__(self, workers: int) -> None:
        os.environ["PYCOMPSS_WORKERS"] = str(workers)
        from pycompss.api import api  # noqa: PLC0415
        from pycompss.api.parameter import COLLECTION_IN, INOUT  # noqa: PLC0415
        from pycompss.api.task import task  # noqa: PLC0415

        self.api, self.task, self.inout, self.collection = api, task, INOUT, COLLECTION_IN
        self.tasks: dict[Function, Any] = {}

    def _task(self, function: Function, **said: Any) -> Any:
        if function not in self.tasks:
            self.tasks[function] = self.task(**said)(function)
        return self.tasks[function]

    def call(self, function: Function, *arguments: Any) -> Any:
        return self._task(function, returns=1)(*arguments)

    def call_many(self, function: Function, returns: int, *arguments: Any) -> list[Any]:
        handles: list[Any] = self._task(function, returns=returns)(*arguments)
        return handles

    def change(self, function: Function, *arguments: Any) -> Any:
        changed = list(inspect.signature(function).parameters)[-1] if function not in self.tasks else ""
        self._task(function, **{changed: self.inout})(*arguments)
        return arguments[-1]

    def gather(self, function: Function, handles: list[Any]) -> Any:
        return self._task(function, pieces=self.collection, returns=1)(handles)

    def wait(self, handles: Sequence[Any]) -> None:
        del handles
        self.api.compss_barrier()

    def values(self, handles: Sequence[Any]) -> list[Any]:
        found: list[Any] = self.api.compss_wait_on(list(handles))
        return found

    def stop(self) -> None:
        self.api.compss_stop()


class Dask:
    """`dask.distributed`: futures of a local cluster of single-threaded processes; a list of results is taken apart."""

    def __init__(self, workers: int) -> None:
        from distributed import Client, LocalCluster, wait  # noqa: PLC0415

        self._wait: Any = wait
        self.cluster = LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None, memory_limit=0
        )
        self.client = Client(self.cluster)

    def call(self, function: Function, *arguments: Any) -> Any:
        return self.client.submit(function, *arguments, pure=False)

    def call_many(self, function: Function, returns: int, *arguments: Any) -> list[Any]:
        whole = self.call(function, *arguments)
        return self.client.map(operator.getitem, [whole] * returns, range(returns), pure=False)

    def change(self, function: Function, *arguments: Any) -> Any:
        return self.call(kernels.NEW[function], *arguments)

    def gather(self, function: Function, handles: list[Any]) -> Any:
        return self.call(function, handles)

    def wait(self, handles: Sequence[Any]) -> None:
        self._wait(list(handles))

    def values(self, handles: Sequence[Any]) -> list[Any]:
        return self.client.gather(list(handles))

    def stop(self) -> None:
        self.client.close()
        self.cluster.close()


class Ray:
    """Ray tasks of one CPU each; arrays lie in its object store, where a task's results are objects of their own."""

    def __init__(self, workers: int) -> None:
        import ray  # noqa: PLC0415

        self.ray = ray
        ray.init(num_cpus=workers, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
        self.remote: dict[Function, Any] = {}

    def _remote(self, function: Function) -> Any:
        if function not in self.remote:
            self.remote[function] = self.ray.remote(function)
        return self.remote[function]

    def call(self, function: Function, *arguments: Any) -> Any:
        return self._remote(function).remote(*arguments)

    def call_many(self, function: Function, returns: int, *arguments: Any) -> list[Any]:
        handles = self._remote(function).options(num_returns=returns).remote(*arguments)
        return handles if returns > 1 else [handles]

    def change(self, function: Function, *arguments: Any) -> Any:
        return self.call(kernels.NEW[function], *arguments)

    def gather(self, function: Function, handles: list[Any]) -> Any:
        if function not in self.remote:
            self.remote[function] = self.ray.remote(lambda *values: function(list(values)))
        return self.remote[function].remote(*handles)

    def wait(self, handles: Sequence[Any]) -> None:
        handles = list(handles)
        self.ray.wait(handles, num_returns=len(handles), fetch_local=False)

    def values(self, handles: Sequence[Any]) -> list[Any]:
        found: list[Any] = self.ray.get(list(handles))
        return found

    def stop(self) -> None:
        self.ray.shutdown()


ENGINES: dict[str, Callable[[int], Engine]] = {"pycompss": Tasks, "dask": Dask, "ray": Ray}


def is_installed(engine: str) -> bool:
    return engine not in PEERS or importlib.util.find_spec(PEERS[engine]) is not None
