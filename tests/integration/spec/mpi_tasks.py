"""Tasks of test_11_mpi.py, in a module that ranks load fast."""

from __future__ import annotations

import os
import signal
import sys
import threading

from pycompss.api.constraint import constraint
from pycompss.api.IO import IO
from pycompss.api.mpi import mpi
from pycompss.api.mpmd_mpi import mpmd_mpi
from pycompss.api.parameter import COLLECTION_IN, COLLECTION_INOUT, FILE_INOUT, FILE_OUT_STDOUT, IN, INOUT
from pycompss.api.task import task
from pycompss.errors import COMPSsException
from tests.support.rendezvous import await_mark, mark

N = 1
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "COMPSS_NUM_THREADS")


def world():
    from mpi4py import MPI

    return MPI.COMM_WORLD


@mpi(runner="mpirun", processes=4, processes_per_node=2)
@task(returns=1)
def on_two_nodes():
    return world().rank, world().size, [os.environ["COMPSS_NUM_NODES"], os.environ["COMPSS_NUM_PROCS"]]


class Counter:
    def __init__(self) -> None:
        self.n = 0

    @mpi(runner="mpirun", processes=2)
    @task(returns=1, target_direction=INOUT)
    def add(self, n):
        self.n += n + world().rank
        return self.n


@mpi(runner="mpirun", processes=4)
@task(returns=1)
def rank():
    return world().rank


@constraint(computing_units=2)
@mpi(runner="mpirun")
@task(returns=int)
def alone():
    cores = ",".join(map(str, sorted(os.sched_getaffinity(0))))
    return [os.environ[name] for name in THREADS], cores, os.environ["COMPSS_BINDED_CPUS"]


def cores_and_told():
    return sorted(os.sched_getaffinity(0)), os.environ["COMPSS_BINDED_CPUS"]


@task(returns=1)
def holds_a_core_until(path):
    mark(path + ".held")
    await_mark(path)
    return cores_and_told()


@mpi(runner="mpirun")
@task(returns=1)
def cores_of_one():
    return cores_and_told()


@mpi(runner="mpirun", processes=2)
@task(returns=1)
def cores_of_two():
    world().barrier()
    return cores_and_told()


@mpi(runner="mpirun", binary="sh", args="-c 'taskset -pc $$; echo $COMPSS_BINDED_CPUS'")
@task(out=FILE_OUT_STDOUT)
def program_asks(out):
    pass


@IO()
@mpi(runner="mpirun", processes=2)
@task(returns=1)
def waits_for_io():
    return world().rank


@constraint(processor_type="GPU", computing_units=2)
@mpi(runner="mpirun", processes=2)
@task(returns=1)
def gpus():
    return world().rank, os.environ["CUDA_VISIBLE_DEVICES"]


@mpi(runner="mpirun", processes="N")
@task(returns=1)
def as_many():
    return world().size


@mpi(runner="mpirun", processes=3)
@task(returns=3, numbers=INOUT, counter=INOUT, array=INOUT, blocks=COLLECTION_INOUT, log=FILE_INOUT)
def change(numbers, counter, array, blocks, log):
    me = world().rank
    numbers.append(me)
    counter.n += 1 + me
    array += 1 + me
    blocks[0].append(me)
    blocks[1] = [me]
    if me == 2:
        with open(log, "a") as file:
            file.write("by the last\n")
    world().barrier()
    return float(array[0]), counter


def _layout(count, length, stride):
    return {"block_count": count, "block_length": length, "stride": stride}


@mpi(
    runner="mpirun",
    processes=4,
    letters_layout=_layout(4, 2, 1),
    rows_layout=_layout(8, 1, 1),
    few_layout={"block_count": 2},
    usual_layout={},
)
@task(returns=4, letters=COLLECTION_IN, rows=COLLECTION_IN, few=COLLECTION_IN, usual=COLLECTION_IN, whole=COLLECTION_IN)
def deal(letters, rows, few, usual, *, whole):
    return letters, rows, few, usual, whole


@mpi(runner="mpirun", processes=2)
@task(returns=1)
def raises(error):
    if world().rank == 1:
        raise error
    world().barrier()


class Odd(Exception):
    """Has a constructor of its own, and holds what cannot travel."""

    def __init__(self, a, b):
        super().__init__(f"{a} and {b}")
        self.a, self.lock = a, threading.Lock()


@mpi(runner="mpirun", processes=2)
@task(returns=1, on_failure="FAIL")
def raises_odd():
    raise Odd(1, 2)


@mpi(runner="mpirun", processes=2)
@task(returns=1, on_failure="FAIL")
def dies(how):
    if world().rank == 1:
        os.kill(os.getpid(), signal.SIGKILL) if how == "killed" else os._exit(0)
    world().barrier()


@mpi(runner="mpirun", processes=2)
@task(numbers=INOUT)
def cancels(numbers):
    if world().rank == 0:
        raise COMPSsException("enough")
    world().barrier()


@mpi(runner="$RUNNER", processes="$PROCESSES")
@task(returns=1)
def by_runner():
    return world().size


@task(returns=1)
def nested(n):
    from pycompss.api.api import compss_wait_on

    return [compss_wait_on(rank()), n]


# ---------------------------------------------------------------- programs

SAYS = f"{sys.executable} -S -c 'import sys, os; print(*sys.argv[1:], os.environ[\"OMP_NUM_THREADS\"])'"


@mpi(runner="mpirun", binary="$PROGRAM", processes="$PROCESSES", flags="$FLAGS")
@task(returns=int, out=FILE_OUT_STDOUT)
def program(x, out, y="z"):
    pass


@constraint(computing_units=2)
@mpi(runner="mpirun", binary="$PROGRAM", processes=2, scale_by_cu="true", args="{{x}}!", working_dir="w")
@task(out=FILE_OUT_STDOUT)
def scaled(x, out):
    pass


@mpi(runner="mpirun", binary="sh", args="-c 'exit 19'", processes=2, fail_by_exit_value=False)
@task(returns=int)
def exit_19():
    pass


@mpi(runner="mpirun", binary="sh", args="-c 'echo no good >&2; exit 19'", processes=2)
@task(returns=int, on_failure="FAIL")
def fails():
    pass


@mpi(runner="$RUNNER", binary="$PROGRAM", processes=2, args="")
@task(returns=int, out=FILE_OUT_STDOUT)
def compiled(out):
    pass


@mpmd_mpi(runner="$RUNNER", programs=[{"binary": "sh", "args": "-c true"}, {"binary": "$PROGRAM"}])
@task(returns=int, out=FILE_OUT_STDOUT)
def compiled_with_another(out):
    pass


@mpmd_mpi(
    runner="mpirun",
    programs=[
        {"binary": "$PROGRAM", "args": "first {{x}}"},
        {"binary": "$PROGRAM", "processes": "2", "args": "second {{y}}"},
    ],
)
@task(returns=int, x=IN, out=FILE_OUT_STDOUT)
def several(x, y, out):
    pass


@mpmd_mpi(
    runner="mpirun",
    programs=[{"binary": "sh", "args": "-c 'touch {{x}}; exit 19'"}, {"binary": "true"}],
    working_dir="$WORK",
    processes_per_node="$PROCESSES",
    fail_by_exit_value="false",
)
@task(returns=int)
def several_that_fail(x):
    pass
