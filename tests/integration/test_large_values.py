"""Large values: how much memory they take, counted in pages, and where chains of updates run."""

from __future__ import annotations

import os
import resource
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pycompss.api.api import compss_barrier, compss_wait_on
from pycompss.api.parameter import INOUT
from pycompss.api.task import task
from pycompss.errors import TaskError
from pycompss.runtime import current
from tests.support.rendezvous import await_true

MB = 1 << 20
kept: list[Any] = []  # by tasks, in their workers


@task(returns=1)
def ones(megabytes: int) -> Any:
    return np.ones(megabytes * MB // 8)


@task(returns=1)
def total(array: Any) -> float:
    return float(array.sum())


@task(returns=2)
def resident() -> Any:
    """The process, and what it has of its own: without pages of shared memory."""
    with open("/proc/self/statm") as file:
        present, shared = map(int, file.read().split()[1:3])
    return os.getpid(), (present - shared) * resource.getpagesize()


@task(returns=1, on_failure="IGNORE")
def fails_with(megabytes: int) -> None:
    raise ValueError(np.ones(megabytes * MB // 8))


@task(returns=1, on_failure="IGNORE")
def end_of_worker(_array: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@task(returns=1)
def fails_for_good() -> None:
    raise ValueError(np.ones(MB))


@task(returns=1, on_failure="FAIL")
def waits_for_one_that_fails() -> Any:
    return compss_wait_on(fails_for_good())


@task(array=INOUT)
def note_who_updates(array: Any) -> None:
    array[1:] += 1
    array[0] = os.getpid() if array[0] in (1, os.getpid()) else -1


def arenas() -> int:
    """Bytes of memory that all arenas of the session take, whether anybody has them mapped or not."""
    mappings = current.get().values.mappings
    return sum(os.fstat(mappings._fds[number]).st_blocks * 512 for number in mappings.numbers())


def test_memory_of_a_dropped_value_goes_back_although_the_program_calls_nothing(session: Any) -> None:
    value = ones(64)
    assert compss_wait_on(total(value)) == 64 * MB / 8
    assert arenas() >= 64 * MB
    del value
    await_true(lambda: arenas() < 8 * MB, "the memory was not given back")


def test_what_exceptions_hold_takes_no_memory_of_values(session: Any) -> None:
    with pytest.raises(TaskError) as caught:
        compss_wait_on(waits_for_one_that_fails())
    assert caught.value.__cause__ is not None
    compss_wait_on([fails_with(8) for _ in range(4)])
    assert arenas() < 8 * MB


def test_a_result_leaves_nothing_in_the_worker_that_made_it(session: Any) -> None:
    before = dict(compss_wait_on([list(resident()) for _ in range(20)]))
    values = [ones(64) for _ in range(4)]
    compss_barrier()
    after = dict(compss_wait_on([list(resident()) for _ in range(20)]))
    assert all(after[pid] - before[pid] < 32 * MB for pid in before.keys() & after.keys())
    del values


def test_a_chain_of_updates_stays_in_the_worker_that_has_the_value_mapped(session: Any) -> None:
    value = ones(8)
    compss_barrier()
    for _ in range(20):
        note_who_updates(value)
    result = compss_wait_on(value)
    assert result[0] > 0
    assert result[1] == 21


@pytest.mark.parametrize("megabytes", [1, 5, 33])
def test_what_moved_into_shared_memory_arrives_whole(session: Any, megabytes: int) -> None:
    assert compss_wait_on(total(ones(megabytes))) == megabytes * MB / 8
    assert (compss_wait_on(ones(megabytes)) == 1).all()


def test_a_program_loads_what_a_value_needs_while_tasks_still_work_on_it(run_program: Any, tmp_path: Path) -> None:
    """The task that updates the value last ends only when the program has loaded the module of its class."""
    program = f"""
    import sys
    sys.path[:0] = [{str(tmp_path)!r}, {str(Path(__file__).parents[2])!r}]
    from pycompss.api.api import compss_wait_on
    from pycompss.api.parameter import INOUT
    from pycompss.api.task import task
    from tests.support.rendezvous import await_mark

    @task(returns=1)
    def make():
        import boxes
        return boxes.Box(100_000)

    @task(box=INOUT)
    def fill(box):
        box.array[:] = 1
        await_mark({str(tmp_path / "loaded")!r})

    box = make()
    fill(box)
    print(compss_wait_on(box).array.sum())
"""
    (tmp_path / "boxes.py").write_text(f"""
import sys
import numpy as np

if sys.argv[0].endswith(".py"):  # the program
    open({str(tmp_path / "loaded")!r}, "w").close()

class Box:
    def __init__(self, length):
        self.array = np.zeros(length)
""")
    done = run_program(program).succeeded()
    assert done.stdout == "100000.0\n"


@task(returns=1)
def keep(array: Any) -> int:
    kept.append(array)
    return os.getpid()


@task(array=INOUT, on_failure="RETRY")
def fail_at_first(array: Any, path: str) -> None:
    array += 1
    if not os.path.exists(path):
        Path(path).touch()
        raise ValueError("half-way")


KEEPING = """
import numpy as np
from pycompss.api.api import compss_barrier, compss_delete_object, compss_wait_on
from pycompss.api.parameter import INOUT
from pycompss.api.task import task

kept = []

@task(returns=1)
def ones():
    return np.ones(1 << 17)

@task(returns=1)
def twos():
    return np.full(1 << 17, 2.0)

@task(array=INOUT)
def change_and_keep(array):
    array += 1
    kept.append(array)

@task(array=INOUT, on_failure="IGNORE")
def change_keep_and_fail(array):
    array += 1
    kept.append(array)
    raise ValueError("always")

@task(on_failure="IGNORE")
def keep_and_fail(array):
    kept.append(array)
    raise ValueError("always")

@task(returns=1)
def change_what_was_kept():
    for array in kept:
        array[:] = 9
    return len(kept)

@task(returns=1)
def most_of_what_was_kept():
    return max(array.max() for array in kept)

def many():
    values = [ones() for _ in range(8)]  # none of them may lie where a task has kept something
    compss_barrier()
    return values

def most(values):
    return max(compss_wait_on(value).max() for value in values)
"""


@pytest.fixture
def keeping(run_program: Any, tmp_path: Path) -> Any:
    """Run these lines after `KEEPING`, with one worker; what they print."""

    def run(lines: str) -> str:
        program = tmp_path / "keeping.py"
        program.write_text(KEEPING + lines)
        return str(run_program(program, workers=1).succeeded().stdout)

    return run


def test_what_a_task_keeps_of_a_value_that_it_updated_in_a_copy_is_its_own(keeping: Any) -> None:
    printed = keeping("""
original = np.zeros(1 << 17)
change_and_keep(original)
compss_barrier()
others = many()
print(compss_wait_on(change_what_was_kept()), compss_wait_on(original).max(), most(others))
""")
    assert printed == "1 1.0 1.0\n"


def test_what_a_task_keeps_of_a_value_that_it_updated_in_place_is_its_own(keeping: Any) -> None:
    printed = keeping("""
value = ones()
for _ in range(4):
    change_and_keep(value)
compss_barrier()
others = many()
print(compss_wait_on(change_what_was_kept()), compss_wait_on(value).max(), most(others))
""")
    assert printed == "4 5.0 1.0\n"


def test_what_a_task_has_kept_when_it_failed_is_not_overwritten(keeping: Any) -> None:
    printed = keeping("""
value = ones()
keep_and_fail(value)
compss_barrier()
compss_delete_object(value)
del value
others = [twos() for _ in range(8)]
compss_barrier()
print(compss_wait_on(most_of_what_was_kept()))
""")
    assert printed == "1.0\n"


def test_what_a_task_that_failed_has_kept_of_a_value_that_it_updated_in_place_is_its_own(keeping: Any) -> None:
    printed = keeping("""
value = ones()
change_keep_and_fail(value)
compss_barrier()
others = many()
print(compss_wait_on(change_what_was_kept()), compss_wait_on(value).max(), most(others))
""")
    assert printed == "1 2.0 1.0\n"


def test_another_attempt_starts_from_the_original_although_the_first_worked_on_a_copy(
    session: Any, tmp_path: Path
) -> None:
    original = np.zeros(MB // 8)
    fail_at_first(original, str(tmp_path / "failed"))
    assert (compss_wait_on(original) == 1).all()


def test_the_versions_of_a_value_that_is_updated_in_copies_leave_nothing_behind(session: Any) -> None:
    block = np.zeros(8 * MB // 8)
    for _ in range(10):
        note_who_updates(block)
        assert compss_wait_on(total(block)) > 0
    del block
    compss_barrier()
    await_true(lambda: (compss_wait_on(total(ones(1))), arenas() < 24 * MB)[1], "versions were not given back")


def test_what_a_worker_has_kept_goes_back_when_it_dies(session: Any) -> None:
    value = ones(64)
    holder = compss_wait_on(keep(value))
    del value
    compss_barrier()
    assert compss_wait_on(total(ones(1))) > 0
    before = arenas()
    assert before >= 64 * MB
    os.kill(holder, signal.SIGKILL)
    await_true(lambda: arenas() <= before - 64 * MB, "the memory was not given back")


def test_the_memory_of_a_dead_worker_stays_open_as_long_as_somebody_uses_it(session: Any) -> None:
    mappings = current.get().values.mappings
    value, other = ones(8), ones(8)
    compss_barrier()
    before = len(mappings.numbers())
    mine = compss_wait_on(other)
    for _ in range(3):
        compss_wait_on([end_of_worker(value) for _ in range(4)])
        assert compss_wait_on(total(value)) == 8 * MB / 8
    del value, other
    assert compss_wait_on(total(ones(1))) > 0
    await_true(lambda: (compss_wait_on(total(ones(1))), len(mappings.numbers()) <= before + 2)[1], "all were kept")
    assert mine.sum() == 8 * MB / 8
