"""The keywords of `start`, and values in place of futures."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import pytest

import pycompss.interactive as ipycompss
from pycompss.errors import ConfigurationError, TaskError
from pycompss.interactive import keywords, namespace, watching
from pycompss.runtime import current


@pytest.fixture(autouse=True)
def stopped() -> Iterator[None]:
    yield
    current.set_(None)


@pytest.fixture
def inline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYCOMPSS_ENGINE", "inline")


def test_all_documented_keywords_are_there() -> None:
    documented = """
        log_level debug o_c graph trace monitor project_xml resources_xml summary task_execution storage_impl
        storage_conf streaming_backend streaming_master_name streaming_master_port task_count app_name uuid log_dir
        master_working_dir extrae_cfg extrae_final_directory comm conn master_name master_port scheduler jvm_workers
        cpu_affinity gpu_affinity fpga_affinity fpga_reprogram profile_input profile_output scheduler_config
        external_adaptation propagate_virtual_environment mpi_worker worker_cache shutdown_in_node_failure io_executors
        env_script reuse_on_block nested_enabled tracing_task_dependencies trace_label extrae_cfg_python wcl
        cache_profiler ear data_provenance checkpoint_policy checkpoint_params checkpoint_folder verbose
        disable_external
    """.split()
    assert list(inspect.signature(ipycompss.start).parameters) == documented


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"graph": 1}, "bool"),
        ({"log_level": None}, "str"),
        ({"monitor": True}, "int or None"),
        ({"wcl": "60"}, "float"),
        ({"worker_cache": 3}, "bool or str"),
        ({"project_xml": b"x"}, "str or None"),
    ],
)
def test_types_of_arguments_are_checked(given: dict[str, Any], expected: str) -> None:
    ((name, value),) = given.items()
    with pytest.raises(TypeError) as caught:
        ipycompss.start(**given)
    assert str(caught.value) == f"start({name}={value!r}): expected {expected}"
    assert current.peek() is None


def test_values_that_make_no_sense_are_named() -> None:
    with pytest.raises(ConfigurationError, match=r"log_level = 'loud' \(flag log_level=\): expected one of off"):
        ipycompss.start(log_level="loud")


def test_arguments_are_settings() -> None:
    given = {"graph": True, "debug": True, "monitor": 500, "wcl": 60, "log_dir": "/x", "comm": "GAT"}
    texts = {name: text for name, (_, text) in keywords.flags(given).items()}
    assert texts == {
        "graph": "true",
        "log_level": "debug",
        "monitoring": "500",
        "wall_clock_limit": "60",
        "log_dir": "/x",
    }


@pytest.mark.parametrize("given", [{"monitor": -1}, {"monitor": None}, {"project_xml": ""}, {"log_dir": None}])
def test_arguments_that_ask_for_nothing_set_nothing(given: dict[str, Any]) -> None:
    assert keywords.flags(given) == {}


def test_it_starts_and_stops_and_starts_again(inline: None, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        ipycompss.start()
        ipycompss.start()
        said = capsys.readouterr().out
        assert "* - Starting COMPSs runtime...\n" in said
        assert "* - Log path : " in said
        assert "* - PyCOMPSs Runtime started... Have fun!\n" in said
        assert said.endswith("The runtime is already running\n")
        ipycompss.stop()
        assert "STOPPING PyCOMPSs" in capsys.readouterr().out
    ipycompss.stop()
    assert capsys.readouterr().out == "The runtime is not running\n"


def test_features_to_come_are_named(inline: None, capsys: pytest.CaptureFixture[str]) -> None:
    ipycompss.start(ear=True, jvm_workers="-Xmx1g", task_count=9)
    assert capsys.readouterr().err == "WARNING: ear= is not available yet; the run goes on without it\n"


@pytest.mark.parametrize(
    ("name", "flag"),
    [("tasks_info", "monitor"), ("tasks_status", "monitor"), ("statistics", "monitor"), ("resources_status", "monitor"),
     ("monitoring_information", "monitor"), ("progress", "monitor"), ("current_task_graph", "graph"),
     ("complete_task_graph", "graph")],
)  # fmt: skip
def test_a_view_that_was_not_asked_for_says_how_to_ask(
    name: str, flag: str, inline: None, capsys: pytest.CaptureFixture[str]
) -> None:
    ipycompss.start()
    capsys.readouterr()
    getattr(ipycompss, name)()
    said = capsys.readouterr().out
    assert said.startswith(f"Oops! {'Graph' if flag == 'graph' else 'Monitoring'} is not enabled in this execution.\n")
    assert f"ipycompss.start({flag}=" in said
    ipycompss.stop()


def test_what_runs_in_sequence_cannot_be_watched_and_says_so(inline: None, capsys: pytest.CaptureFixture[str]) -> None:
    ipycompss.start(graph=True, monitor=1000)
    capsys.readouterr()
    ipycompss.tasks_info()
    ipycompss.complete_task_graph()
    assert capsys.readouterr().out.splitlines() == [watching.IN_SEQUENCE] * 2
    ipycompss.stop()


class Future:
    """Stands for a value, as far as the caller below knows."""

    def __init__(self, value: Any) -> None:
        self.value = value


class Caller:
    """Waits like a session: copies lists and dicts."""

    def wait_on(self, value: Any) -> Any:
        if isinstance(value, Future):
            if isinstance(value.value, Exception):
                raise value.value
            return value.value
        if isinstance(value, list):
            return [self.wait_on(item) for item in value]
        if isinstance(value, dict):
            return {key: self.wait_on(item) for key, item in value.items()}
        return value


def test_futures_among_the_variables_become_values(capsys: pytest.CaptureFixture[str]) -> None:
    plain, structure = [1, [2]], {"a": [1]}
    variables = {
        "x": Future(1), "several": [Future(1), 2], "deep": {"k": [Future(3)]}, "plain": plain, "same": structure,
        "_1": Future(4), "Out": {1: Future(5)}, "function": print, "module": inspect,
    }  # fmt: skip
    before = dict(variables)
    namespace.synchronise(Caller(), variables)  # type: ignore[arg-type]
    assert (variables["x"], variables["several"], variables["deep"]) == (1, [1, 2], {"k": [3]})
    assert all(variables[name] is before[name] for name in ("plain", "same", "_1", "Out", "function", "module"))
    assert capsys.readouterr().out.splitlines() == [
        f"Found a future object: {name}" for name in ("x", "several", "deep")
    ]


def test_a_failed_task_leaves_its_future_and_does_not_stop_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    failed = Future(TaskError("f() failed"))
    variables = {"a": failed, "b": Future(2)}
    namespace.synchronise(Caller(), variables)  # type: ignore[arg-type]
    assert variables == {"a": failed, "b": 2}
    assert capsys.readouterr().out.splitlines()[0] == "Found a future object: a, whose task failed: f() failed"
