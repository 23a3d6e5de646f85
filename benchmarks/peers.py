"""Task engines of other projects (`pip install -e '.[bench]'`); each is imported when it is measured.

Both share objects between tasks, so functions return new arrays instead of changing what they get.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from typing import Any

import bodies

MODULES = {"dask": "distributed", "ray": "ray"}  # what must be installed


def is_installed(engine: str) -> bool:
    return engine not in MODULES or importlib.util.find_spec(MODULES[engine]) is not None


class Dask:
    """`dask.distributed`: a local cluster of single-threaded processes; results are not cached by their arguments."""

    def __init__(self, workers: int) -> None:
        from distributed import Client, LocalCluster, wait  # noqa: PLC0415

        self._wait = wait
        self.cluster = LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None, memory_limit=0
        )
        self.client = Client(self.cluster)

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Any:
        return self.client.submit(function, *arguments, pure=False)

    def update(self, array: Any) -> Any:
        return self.submit(bodies.new_one_more, array)

    def multiply_add(self, c: Any, a: Any, b: Any) -> Any:
        return self.submit(bodies.new_sum, c, a, b)

    def value(self, handle: Any) -> Any:
        return handle.result()

    def wait(self, handles: Sequence[Any]) -> None:
        self._wait(handles)

    def stop(self) -> None:
        self.client.close()
        self.cluster.close()


class Ray:
    """Ray tasks of one CPU each; arrays lie in its object store."""

    def __init__(self, workers: int) -> None:
        import ray  # noqa: PLC0415

        self.ray = ray
        ray.init(num_cpus=workers, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
        self.remote: dict[Callable[..., Any], Any] = {}

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Any:
        if function not in self.remote:
            self.remote[function] = self.ray.remote(function)
        return self.remote[function].remote(*arguments)

    def update(self, array: Any) -> Any:
        return self.submit(bodies.new_one_more, array)

    def multiply_add(self, c: Any, a: Any, b: Any) -> Any:
        return self.submit(bodies.new_sum, c, a, b)

    def value(self, handle: Any) -> Any:
        return self.ray.get(handle)

    def wait(self, handles: Sequence[Any]) -> None:
        self.ray.get(list(handles))

    def stop(self) -> None:
        self.ray.shutdown()
