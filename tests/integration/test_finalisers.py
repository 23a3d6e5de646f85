"""Finalisers that call the runtime, as those of array libraries on top of it do; and those at the program's end."""

from __future__ import annotations

import gzip

import pytest

PROGRAM = """
    from pycompss.api.api import compss_delete_object, compss_wait_on
    from pycompss.api.task import task

    class Blocks:
        def __init__(self, blocks):
            self.blocks = blocks

        def __del__(self, forget=compss_delete_object):  # in a library's module it would still have its name at the end
            [forget(block) for block in self.blocks]

    @task(returns=1)
    def make(n):
        return [n]

    @task(returns=1)
    def length(block):
        return len(block)
"""


def test_a_finaliser_that_runs_after_the_end_of_the_run_is_silent(run_program):
    program = f"""{PROGRAM}
    kept = Blocks([make(n) for n in range(3)])
    print(compss_wait_on(length(kept.blocks[0])))
"""
    done = run_program(program).succeeded()
    assert (done.stdout, done.stderr) == ("1\n", "")


def test_data_deleted_by_a_finaliser_still_reach_the_tasks_that_were_called_with_them(run_program):
    program = f"""{PROGRAM}
    lengths = [length(Blocks([make(n)]).blocks[0]) for n in range(50)]
    print(compss_wait_on(lengths) == [1] * 50)
"""
    done = run_program(program).succeeded()
    assert (done.stdout, done.stderr) == ("True\n", "")


def test_forgetting_an_object_before_the_first_task_starts_no_run(run_program):
    program = "from pycompss.api.api import compss_delete_object; print(compss_delete_object([1]))"
    done = run_program(program).succeeded()
    assert done.stdout == "True\n"
    assert done.run_folders == []


def test_finalisers_that_run_while_tasks_are_called_and_finish_do_not_disturb(run_program):
    program = f"""{PROGRAM}
    class Knot(Blocks):
        def __init__(self, blocks):
            super().__init__(blocks)
            self.me = self  # a cycle: the garbage collector finalises it, whatever the program does then

    import gc
    gc.set_threshold(1)
    total = [length(Knot([make(n)]).blocks[0]) for n in range(300)]
    print(sum(compss_wait_on(total)))
"""
    done = run_program(program).succeeded()
    assert (done.stdout, done.stderr) == ("300\n", "")


@pytest.mark.parametrize("engine", ["local", "inline"])
def test_a_file_that_the_program_has_not_closed_is_complete_at_its_end(run_program, tmp_path, engine):
    """Its finaliser writes the last part, while Python destroys the program's globals."""
    program = f"""{PROGRAM}
    import gzip, sys
    results = gzip.open(sys.argv[1], "wt")
    results.write(str(compss_wait_on(length([1, 2, 3]))))
"""
    path = tmp_path / "results.gz"
    run_program(program, path, engine=engine).succeeded()
    assert gzip.decompress(path.read_bytes()) == b"3"
