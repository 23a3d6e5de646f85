"""Task engines of other projects (`pip install -e '.[bench]'`); each is imported when it is measured.

Dask and Ray share objects between tasks, so functions return new arrays there instead of changing what they get.
"""

from __future__ import annotations

import importlib.util
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from typing import Any

import bodies

MODULES = {"dask": "distributed", "ray": "ray", "loky": "loky", "parsl": "parsl"}  # what must be installed


def is_installed(engine: str) -> bool:
    return engine not in MODULES or importlib.util.find_spec(MODULES[engine]) is not None


def loky_executor(workers: int) -> Executor:
    import loky  # noqa: PLC0415

    executor: Executor = loky.ProcessPoolExecutor(workers)
    return executor


class Sharing:
    """An engine whose tasks share the objects that they get."""

    share = 0.2  # seconds

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Any:
        raise NotImplementedError

    def update(self, array: Any) -> Any:
        return self.submit(bodies.new_one_more, array)

    def multiply_add(self, c: Any, a: Any, b: Any) -> Any:
        return self.submit(bodies.new_sum, c, a, b)


class Dask(Sharing):
    """`dask.distributed`: a local cluster of single-threaded processes; results are not cached by their arguments."""

    def __init__(self, workers: int) -> None:
        from distributed import Client, LocalCluster, wait  # noqa: PLC0415

        self.workers = workers
        self._wait: Any = wait
        self.cluster = LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None, memory_limit=0
        )
        self.client = Client(self.cluster)

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Any:
        return self.client.submit(function, *arguments, pure=False)

    def value(self, handle: Any) -> Any:
        return handle.result()

    def values(self, handles: Sequence[Any]) -> Sequence[Any]:
        found: list[Any] = self.client.gather(list(handles))
        return found

    def wait(self, handles: Sequence[Any]) -> None:
        self._wait(handles)

    def stop(self) -> None:
        self.client.close()
        self.cluster.close()


class Ray(Sharing):
    """Ray tasks of one CPU each; arrays lie in its object store."""

    def __init__(self, workers: int) -> None:
        import ray  # noqa: PLC0415

        self.workers = workers
        self.ray = ray
        ray.init(num_cpus=workers, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
        self.remote: dict[Callable[..., Any], Any] = {}

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Any:
        if function not in self.remote:
            self.remote[function] = self.ray.remote(function)
        return self.remote[function].remote(*arguments)

    def value(self, handle: Any) -> Any:
        return self.ray.get(handle)

    def values(self, handles: Sequence[Any]) -> Sequence[Any]:
        found: list[Any] = self.ray.get(list(handles))
        return found

    def wait(self, handles: Sequence[Any]) -> None:
        self.ray.get(list(handles))

    def stop(self) -> None:
        self.ray.shutdown()


class Parsl(Sharing):
    """Parsl's `HighThroughputExecutor`: one block on this machine, without encryption."""

    def __init__(self, workers: int) -> None:
        import parsl  # noqa: PLC0415
        from parsl.executors import HighThroughputExecutor  # noqa: PLC0415
        from parsl.providers import LocalProvider  # noqa: PLC0415

        provider = LocalProvider(init_blocks=1, min_blocks=1, max_blocks=1)
        executor = HighThroughputExecutor(
            "htex", address="127.0.0.1", max_workers_per_node=workers, encrypted=False, provider=provider
        )
        self.workers = workers
        self.parsl = parsl
        self.folder = tempfile.TemporaryDirectory(prefix="parsl-")
        parsl.load(parsl.Config([executor], run_dir=self.folder.name, strategy="none", initialize_logging=False))
        self.apps: dict[Callable[..., Any], Callable[..., Future[Any]]] = {}

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Any:
        if function not in self.apps:
            self.apps[function] = self.parsl.python_app(function)
        return self.apps[function](*arguments)

    def value(self, handle: Future[Any]) -> Any:
        return handle.result()

    def values(self, handles: Sequence[Future[Any]]) -> Sequence[Any]:
        return [handle.result() for handle in handles]

    def wait(self, handles: Sequence[Future[Any]]) -> None:
        for handle in handles:
            handle.result()

    def stop(self) -> None:
        self.parsl.dfk().cleanup()
        self.parsl.clear()
        self.folder.cleanup()
