"""The stand-ins without a runtime."""

from __future__ import annotations

import os
from pathlib import Path

from pycompss.api.dummy import api
from pycompss.api.dummy.constraint import constraint
from pycompss.api.dummy.container import container
from pycompss.api.dummy.on_failure import on_failure
from pycompss.api.dummy.reduction import reduction
from pycompss.api.dummy.task import task


def test_decorated_functions_are_called_directly(recorder):
    @on_failure(management="IGNORE")
    @constraint(computing_units=2)
    @container(engine="docker")
    @reduction(chunk_size=2)
    @task(returns=2)
    def f(x, y=1):
        return x, y

    assert f(1, returns=3) == (1, 1)
    assert f.__name__ == "f"
    assert recorder.asked == []


def test_the_functions_answer_without_a_runtime(recorder, tmp_path):
    os.chdir(tmp_path)
    Path("a").write_text("text")
    api.compss_start("debug")
    assert (api.compss_wait_on(1), api.compss_wait_on(1, 2)) == (1, [1, 2])
    assert (api.compss_file_exists("a"), api.compss_file_exists("a", ["b"])) == (True, [True, [False]])
    assert (api.compss_wait_on_file("a"), api.compss_wait_on_file("a", "b")) == ("a", ("a", "b"))
    assert (api.compss_delete_file("a"), api.compss_delete_object(1)) == (True, True)
    with api.compss_open("a") as file, api.TaskGroup("g"):
        assert file.read() == "text"
    assert api.compss_get_number_of_resources() == 1
    for function, args in (
        (api.compss_barrier, ()),
        (api.compss_barrier_group, ("g",)),
        (api.compss_cancel_group, ("g",)),
        (api.compss_snapshot, ()),
        (api.compss_request_resources, (1, None)),
        (api.compss_free_resources, (1, None)),
        (api.compss_set_wall_clock, (1,)),
        (api.compss_add_logger, ("x",)),
        (api.compss_stop, (1,)),
    ):
        assert function(*args) is None
    assert recorder.asked == []
