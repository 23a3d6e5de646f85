"""Ways to run a function, behind one small interface; those of other projects are in `peers`.

`submit` takes values or handles of earlier submissions; `value` and `values` wait for what handles stand for, `wait`
only until it is there.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from typing import Any, Protocol

import bodies
import scalars
from decided import Decided
from peers import Dask, Parsl, Ray, loky_executor
from sketch import Sketch

RETURNING: tuple[Callable[..., Any], ...] = (
    scalars.increment, scalars.same, scalars.add,
    bodies.ones, bodies.total, bodies.block, bodies.zeros, bodies.stencil,
)  # fmt: skip
SILENT: tuple[Callable[..., Any], ...] = (scalars.nothing, scalars.nap)


class Engine(Protocol):
    workers: int
    share: float  # of the repetitions in W1 to W4 that is enough to tell

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Any: ...
    def update(self, array: Any) -> Any: ...
    def multiply_add(self, c: Any, a: Any, b: Any) -> Any: ...
    def value(self, handle: Any) -> Any: ...
    def values(self, handles: Sequence[Any]) -> Sequence[Any]: ...
    def wait(self, handles: Sequence[Any]) -> None: ...
    def stop(self) -> None: ...


class Plain:
    """Calls in the program's own process: what the work itself costs."""

    share = 1.0

    def __init__(self, workers: int) -> None:
        self.workers = workers

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Any:
        return function(*arguments)

    def update(self, array: Any) -> Any:
        return bodies.one_more(array)

    def multiply_add(self, c: Any, a: Any, b: Any) -> Any:
        return bodies.product_added(c, a, b)

    def value(self, handle: Any) -> Any:
        return handle

    def values(self, handles: Sequence[Any]) -> Sequence[Any]:
        return handles

    def wait(self, handles: Sequence[Any]) -> None:
        pass

    def stop(self) -> None:
        pass


def forked(workers: int) -> Executor:
    return ProcessPoolExecutor(workers, multiprocessing.get_context("fork"))


class Pool:
    """`concurrent.futures` with forked processes; a task is submitted by the callback of its last input."""

    share = 1.0

    def __init__(self, workers: int, executor: Callable[[int], Executor] = forked) -> None:
        self.workers = workers
        self.executor = executor(workers)
        self.lock = threading.Lock()

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        inputs = [argument for argument in arguments if isinstance(argument, Future)]
        if not inputs:
            return self.executor.submit(function, *arguments)
        result: Future[Any] = Future()
        missing = len(inputs)

        def arrived(_: Future[Any]) -> None:
            nonlocal missing
            with self.lock:
                missing -= 1
                if missing:
                    return
            ready = [a.result() if isinstance(a, Future) else a for a in arguments]
            self.executor.submit(function, *ready).add_done_callback(lambda done: _hand_on(done, result))

        for future in inputs:
            future.add_done_callback(arrived)
        return result

    def update(self, array: Any) -> Any:
        return self.submit(bodies.one_more, array)

    def multiply_add(self, c: Any, a: Any, b: Any) -> Any:
        return self.submit(bodies.product_added, c, a, b)

    def value(self, handle: Future[Any]) -> Any:
        return handle.result()

    def values(self, handles: Sequence[Future[Any]]) -> Sequence[Any]:
        return [handle.result() for handle in handles]

    def wait(self, handles: Sequence[Future[Any]]) -> None:
        for handle in handles:
            handle.result()

    def stop(self) -> None:
        self.executor.shutdown()


def _hand_on(done: Future[Any], result: Future[Any]) -> None:
    error = done.exception()
    if error is not None:
        result.set_exception(error)
    else:
        result.set_result(done.result())


class Loky(Pool):
    """The executor of `loky`, by which joblib runs: started clean instead of forked."""

    def __init__(self, workers: int) -> None:
        super().__init__(workers, loky_executor)


class Tasks:
    """Tasks of this project, through the documented API; the runtime starts with the first call."""

    share = 1.0

    def __init__(self, workers: int) -> None:
        self.workers = workers
        os.environ["PYCOMPSS_WORKERS"] = str(workers)
        from pycompss.api import api  # noqa: PLC0415
        from pycompss.api.parameter import INOUT  # noqa: PLC0415
        from pycompss.api.task import task  # noqa: PLC0415

        self.api = api
        self.tasks = {function: task(returns=1)(function) for function in RETURNING}
        self.tasks |= {function: task()(function) for function in SILENT}
        self.in_place = task(array=INOUT)(bodies.add_one)
        self.add_product = task(c=INOUT)(bodies.add_product)

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Any:
        return self.tasks[function](*arguments)

    def update(self, array: Any) -> Any:
        self.in_place(array)
        return array

    def multiply_add(self, c: Any, a: Any, b: Any) -> Any:
        self.add_product(c, a, b)
        return c

    def value(self, handle: Any) -> Any:
        return self.api.compss_wait_on(handle)

    def values(self, handles: Sequence[Any]) -> Sequence[Any]:
        found: list[Any] = self.api.compss_wait_on(list(handles))
        return found

    def wait(self, handles: Sequence[Any]) -> None:
        del handles
        self.api.compss_barrier()

    def stop(self) -> None:
        self.api.compss_stop()


class Numbers:
    """A sketch of an engine, which runs the workloads of numbers only."""

    share = 1.0

    def __init__(self, engine: Sketch | Decided) -> None:
        self._submit = engine.submit
        self.workers = engine.workers
        self.value, self.wait, self.stop = engine.value, engine.wait, engine.stop

    def values(self, handles: Sequence[Any]) -> Sequence[Any]:
        return [self.value(handle) for handle in handles]

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Any:
        if function is bodies.ones:  # by which every worker learns of numpy: it is forked from one that has
            function, arguments = scalars.nothing, ()
        return self._submit(function, *arguments)

    def update(self, array: Any) -> Any:
        raise NotImplementedError

    def multiply_add(self, c: Any, a: Any, b: Any) -> Any:
        raise NotImplementedError


def sketch(workers: int) -> Engine:
    return Numbers(Sketch(workers, (*RETURNING, *SILENT)))


def decided(workers: int) -> Engine:
    return Numbers(Decided(workers, (*RETURNING, *SILENT), SILENT))


ENGINES: dict[str, Callable[[int], Engine]] = {
    "plain": Plain,
    "pool": Pool,
    "loky": Loky,
    "dask": Dask,
    "ray": Ray,
    "parsl": Parsl,
    "pycompss": Tasks,
    "sketch": sketch,
    "decided": decided,
}
