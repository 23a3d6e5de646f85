"""What goes wrong while values are spilled: a full disk, no disk, processes that are killed."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

from tests.support.launch import Result

PRELUDE = """\
import os, signal, sys
import numpy as np
from pycompss.api.task import task
from pycompss.api.api import compss_barrier, compss_wait_on
from pycompss.api.parameter import INOUT
from tests.support.rendezvous import await_mark, mark, reached

N = 1 << 17  # of 8 bytes: a value is a megabyte

@task(returns=1)
def make(i):
    return np.full(N, i)

@task(returns=1)
def total(a):
    return int(a.sum())

@task(a=INOUT)
def add(a, n):
    a += n
"""
LITTLE = {"PYCOMPSS_STORE_LIMIT": "12MiB"}


def test_a_disk_that_is_full_is_an_error_and_nothing_computed_is_lost(
    run: Callable[..., Result], small_disk: Path
) -> None:
    source = (
        PRELUDE
        + """
kept = []
try:
    for i in range(40):
        kept.append(make(i))
        compss_barrier()
except Exception as error:
    print(error)
else:
    print("nothing")
sums = [compss_wait_on(total(value)) for value in kept[:-1]]
print(sums == [i * N for i in range(len(kept) - 1)], len(kept) > 9)
"""
    )
    result = run(source, env={**LITTLE, "PYCOMPSS_SPILL_DIRECTORY": str(small_disk)}, timeout=50).succeeded()
    for part in ("app.make(i=", "StorageFull", "1.05 MB", str(small_disk), "No space left on device", "store_limit"):
        assert part in result.stdout, str(result)
    assert result.stdout.endswith("True True\n")


def test_an_argument_that_fits_neither_into_memory_nor_on_the_disk_is_an_error_at_the_call(
    run: Callable[..., Result], small_disk: Path
) -> None:
    source = (
        PRELUDE
        + """
try:
    total(np.ones(20 * N))
except Exception as error:
    print(type(error).__name__, error)
print(compss_wait_on(total(np.ones(N))) == N)
"""
    )
    result = run(source, env={**LITTLE, "PYCOMPSS_SPILL_DIRECTORY": str(small_disk)}).succeeded()
    assert result.stdout.startswith("StorageFull"), str(result)
    assert "app.total, argument 'a' (called from app.py:" in result.stdout
    assert str(small_disk) in result.stdout
    assert result.stdout.endswith("True\n")


def test_a_directory_without_room_for_a_file_is_refused_at_the_start(
    run: Callable[..., Result], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    place = str(tmp_path / "file" / "spilled")
    result = run(PRELUDE + "print(compss_wait_on(total(make(1))))", env={"PYCOMPSS_SPILL_DIRECTORY": place})
    assert result.returncode == 1
    assert f"spill_directory = {place!r} (environment PYCOMPSS_SPILL_DIRECTORY)" in result.stderr
    assert "Not a directory" in result.stderr
    assert "Traceback" not in result.stderr


def test_workers_that_are_killed_while_values_are_spilled_cost_no_value(run: Callable[..., Result]) -> None:
    source = (
        PRELUDE
        + """
@task(returns=1)
def dies_once(i):
    if i % 5 == 0 and not reached(f"died{i}"):
        mark(f"died{i}")
        os.kill(os.getpid(), signal.SIGKILL)
    return np.full(N, i)

values = [dies_once(i) for i in range(40)]
for value in values:
    add(value, 1)
print(compss_wait_on([total(value) for value in values]) == [(i + 1) * N for i in range(40)])
"""
    )
    assert run(source, env=LITTLE, timeout=50).succeeded().stdout == "True\n"


def test_a_worker_that_is_killed_while_it_writes_to_the_disk_itself_leaves_its_part_of_the_file(
    run: Callable[..., Result],
) -> None:
    """Its range of the file is used again: the file does not grow with every death."""
    source = (
        PRELUDE
        + """
from pycompss.runtime import current
from pycompss.worker import overflow

@task(returns=1)
def large(i):
    if not reached(f"died{i}"):
        def die(fd, offset, raw):
            mark(f"died{i}")
            os.kill(os.getpid(), signal.SIGKILL)
        overflow.write_at = die
    return np.full(20 * N, i)

for i in range(6):
    value = large(i)
    assert compss_wait_on(total(value)) == 20 * N * i
    del value
size = os.fstat(current.get().spilling.file.fd).st_size
print(size <= 3 * 20 * N * 8)
"""
    )
    assert run(source, workers=1, env=LITTLE, timeout=50).succeeded().stdout == "True\n"


def test_nothing_is_left_on_the_disk_after_the_end(run: Callable[..., Result], tmp_path: Path) -> None:
    place = tmp_path / "spilled"
    source = PRELUDE + "print(sum(compss_wait_on([total(v) for v in [make(i) for i in range(40)]])) // N)"
    result = run(source, env={**LITTLE, "PYCOMPSS_SPILL_DIRECTORY": str(place)}, timeout=50).succeeded()
    assert result.stdout == f"{sum(range(40))}\n"
    assert list(place.iterdir()) == []


def test_nothing_is_left_on_the_disk_after_the_program_was_killed(run: Callable[..., Result], tmp_path: Path) -> None:
    place = tmp_path / "spilled"
    source = (
        PRELUDE
        + """
from pycompss.runtime import current
kept = [make(i) for i in range(40)]
compss_barrier()
assert current.get().spilling.spilled.bytes
os.kill(os.getpid(), signal.SIGKILL)
"""
    )
    result = run(source, env={**LITTLE, "PYCOMPSS_SPILL_DIRECTORY": str(place)}, timeout=50)
    assert result.returncode == -signal.SIGKILL
    assert os.listdir(place) == []


def test_the_summary_and_the_log_tell_how_much_was_spilled(run: Callable[..., Result]) -> None:
    source = PRELUDE + "kept = [make(i) for i in range(40)]\ncompss_barrier()\ncompss_wait_on(total(kept[0]))"
    result = run(source, env={**LITTLE, "PYCOMPSS_SUMMARY": "true"}, timeout=50).succeeded()
    assert "Spilled to disk: " in result.stdout
    assert "Read back from disk: 1.0 MB, 1 times a value" in result.stdout
    logs = [path.read_text() for path in result.log_dir.glob(".COMPSs/*/pycompss.log")]
    assert "spilled to disk: " in "".join(logs)
