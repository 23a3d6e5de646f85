"""Too little of something: shared memory, disk, open files, processes. One clear error, never a hang."""

from __future__ import annotations

import resource
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.launch import Result

PRELUDE = """\
import os, resource, sys
import numpy as np
from pycompss.api.task import task
from pycompss.api.api import compss_barrier, compss_delete_object, compss_wait_on, compss_wait_on_file
from pycompss.api.parameter import COLLECTION_IN, FILE_IN, FILE_INOUT, FILE_OUT, INOUT
from tests.support.rendezvous import await_mark, mark, note, notes

@task(returns=1)
def increment(x):
    return x + 1

@task(returns=1)
def ones(n):
    return np.ones(n)

@task(returns=1)
def total(a):
    return float(a.sum())
"""

MILLION = 1_000_000  # numbers of 8 bytes
FULL = {"PYCOMPSS_STORE_LIMIT": "100MB", "PYCOMPSS_STORE_SPILL": "off"}


def test_values_that_are_freed_make_room_for_others(run: Callable[..., Result]) -> None:
    source = (
        PRELUDE
        + f"""
sums = []
for i in range(200):
    sums.append(total(ones({MILLION})))
assert compss_wait_on(sums) == [{MILLION}.0] * 200
for i in range(50):
    value = ones({MILLION})
    assert compss_wait_on(value)[0] == 1
for i in range(50):
    array = np.full({MILLION}, i, dtype=float)
    assert compss_wait_on(total(array)) == i * {MILLION}
print("right")
"""
    )
    result = run(source, env={"PYCOMPSS_STORE_LIMIT": "100MB"}, timeout=50).succeeded()
    assert result.stdout == "right\n"


def test_a_value_that_does_not_fit_is_an_error_of_its_task(run: Callable[..., Result]) -> None:
    source = (
        PRELUDE
        + f"""
try:
    compss_wait_on(ones(20 * {MILLION}))
except Exception as error:
    print(error)
print(compss_wait_on(total(ones({MILLION}))))
"""
    )
    result = run(source, env=FULL).succeeded()
    assert "app.ones(n=20000000) failed" in result.stdout
    assert "StorageFull" in result.stdout
    assert "160 MB of shared memory are needed" in result.stdout
    assert "compss_delete_object" in result.stdout
    assert result.stdout.endswith("1000000.0\n")


def test_an_argument_that_does_not_fit_is_an_error_at_the_call(run: Callable[..., Result]) -> None:
    source = (
        PRELUDE
        + f"""
array = np.ones(20 * {MILLION})
try:
    total(array)
except Exception as error:
    print(type(error).__name__, error)
print(compss_wait_on(total(np.ones({MILLION}))))
"""
    )
    result = run(source, env=FULL).succeeded()
    assert result.stdout.startswith("StorageFull")
    assert "total" in result.stdout
    assert "160 MB" in result.stdout
    assert result.stdout.endswith("1000000.0\n")


def test_many_values_that_are_kept_fill_the_memory_and_say_so(run: Callable[..., Result]) -> None:
    source = (
        PRELUDE
        + f"""
kept = []
try:
    for i in range(60):
        kept.append(ones({MILLION}))
        compss_barrier()
except Exception as error:
    print(error)
else:
    print("nothing")
"""
    )
    result = run(source, env=FULL, timeout=50)
    assert "StorageFull" in result.stdout, str(result)


WRITES = (
    PRELUDE
    + """
@task(f=FILE_OUT)
def writes(f, n):
    with open(f, "wb") as file:
        file.write(b"x" * n)

@task(returns=1, f=FILE_IN)
def size(f):
    return os.path.getsize(f)
"""
)


def test_an_output_file_that_does_not_fit_on_its_disk_is_an_error(run: Callable[..., Result], small_disk: Path) -> None:
    source = (
        WRITES
        + f"""
writes({str(small_disk / "out.bin")!r}, 10_000_000)
print(compss_wait_on(size({str(small_disk / "out.bin")!r})), flush=True)
compss_wait_on_file({str(small_disk / "out.bin")!r})
"""
    )
    result = run(source)
    assert result.returncode == 1
    assert "No space left on device" in result.stderr
    assert "out.bin" in result.stderr


def test_a_full_disk_under_the_run_folder_names_the_task(run: Callable[..., Result], small_disk: Path) -> None:
    source = (
        WRITES
        + """
writes("out.bin", 10_000_000)
compss_barrier()
"""
    )
    result = run(source, env={"PYCOMPSS_LOG_DIR": str(small_disk)})
    assert result.returncode == 1
    assert "writes(f='out.bin', n=10000000) failed" in result.stderr
    assert "No space left on device" in result.stderr


def test_tasks_without_files_run_although_the_disk_of_the_run_folder_is_full(
    run: Callable[..., Result], small_disk: Path
) -> None:
    source = (
        PRELUDE
        + f"""
assert compss_wait_on(increment(1)) == 2
filler = os.open({str(small_disk / "filler")!r}, os.O_WRONLY | os.O_CREAT)
try:
    while True:
        os.write(filler, b"x" * 4096)
except OSError:
    pass

@task(returns=1, on_failure="FAIL")
def fails():
    raise ValueError("on purpose")

assert compss_wait_on([increment(i) for i in range(50)]) == list(range(1, 51))
compss_wait_on(fails())
"""
    )
    result = run(source, env={"PYCOMPSS_LOG_DIR": str(small_disk)})
    assert result.returncode == 1
    assert "ValueError: on purpose" in result.stderr


def test_a_disk_on_which_no_folder_can_be_made_fails_tasks_with_files_alone(
    run: Callable[..., Result], small_disk: Path
) -> None:
    source = (
        WRITES
        + f"""
assert compss_wait_on(increment(1)) == 2
try:
    for i in range(100):
        open(os.path.join({str(small_disk)!r}, f"filler{{i}}"), "w").close()
except OSError:
    pass

writes("out.bin", 1)
try:
    compss_barrier()
except Exception as error:
    print(error)
assert compss_wait_on([increment(i) for i in range(50)]) == list(range(1, 51))
"""
    )
    result = run(source, env={"PYCOMPSS_LOG_DIR": str(small_disk)}).succeeded()
    assert "writes(f='out.bin', n=1) failed" in result.stdout
    assert f"the disk of {small_disk}" in result.stdout


def limited(source: str, soft: int, hard: int) -> str:
    return f"import resource; resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))\n{source}"


def test_too_few_open_files_are_refused_at_the_start(run: Callable[..., Result]) -> None:
    result = run(limited(PRELUDE + "print(compss_wait_on(increment(1)))", 64, 64), workers=40)
    assert result.returncode == 1
    assert "ulimit -n" in result.stderr
    assert "PYCOMPSS_WORKERS" in result.stderr
    assert result.stderr.count("Traceback") == 1


@pytest.mark.parametrize("limit", ["RLIMIT_AS", "RLIMIT_FSIZE"])
def test_a_limit_that_leaves_no_room_for_values_is_told_with_the_way_out(
    run: Callable[..., Result], limit: str
) -> None:
    source = f"import resource; resource.setrlimit(resource.{limit}, (900_000_000,) * 2)\n{PRELUDE}"
    source += "print(compss_wait_on([increment(i) for i in range(200)])[-1])"
    result = run(source, workers=2, env={"PYCOMPSS_STORE_LIMIT": "2GB"})
    assert result.returncode == 1
    assert "PYCOMPSS_STORE_LIMIT=" in result.stderr
    assert run(source, workers=2, env={"PYCOMPSS_STORE_LIMIT": "50MB"}).succeeded().stdout == "200\n"


def test_few_open_files_are_enough_for_few_workers(run: Callable[..., Result]) -> None:
    source = limited(PRELUDE + "print(compss_wait_on([increment(i) for i in range(200)])[-1])", 72, 72)
    assert run(source, workers=2).succeeded().stdout == "200\n"


def test_the_soft_limit_of_open_files_is_raised_for_many_workers(run: Callable[..., Result]) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 4096:
        pytest.skip(f"this machine allows {hard} open files only")
    source = limited(PRELUDE + "print(compss_wait_on([increment(i) for i in range(200)])[-1])", 64, 4096)
    assert run(source, workers=300).succeeded().stdout == "200\n"


def test_arrays_that_a_program_keeps_cost_no_open_files(run: Callable[..., Result]) -> None:
    source = limited(
        PRELUDE
        + """
kept = [compss_wait_on(ones(20_000)) for _ in range(200)]
assert all(array[0] == 1 for array in kept)
print("right")
""",
        72,
        72,
    )
    assert run(source, workers=2).succeeded().stdout == "right\n"


def test_many_workers_work_at_the_same_time(run: Callable[..., Result]) -> None:
    source = (
        PRELUDE
        + """
@task(returns=1)
def meets(i, others):
    mark(f"there{i}")
    for j in range(others):
        await_mark(f"there{j}", 50)
    return i

print(compss_wait_on([meets(i, 60) for i in range(60)]) == list(range(60)))
"""
    )
    assert run(source, workers=60, timeout=55).succeeded().stdout == "True\n"


def test_a_limit_of_processes_is_one_clear_error(run: Callable[..., Result]) -> None:
    source = (
        PRELUDE
        + """
@task(returns=1)
def limited():
    import subprocess
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
    return len(bytes(4 << 30))

try:
    compss_wait_on(limited())
except Exception as error:
    print("MemoryError" in str(error), "limited() failed" in str(error))
"""
    )
    assert run(source).succeeded().stdout == "True True\n"
