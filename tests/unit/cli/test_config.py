"""The configuration: flags over environment over file, and where each value came from."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from pycompss.cli import settings
from pycompss.errors import ConfigurationError
from pycompss.runtime import config as configuration
from pycompss.runtime import machine
from pycompss.runtime.config import Config, NodeSpec, build


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path)}


def write_file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / ".config" / "pycompss" / "config"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return path


def test_without_anything_there_are_defaults(environ: dict[str, str]) -> None:
    config = build({}, environ)
    assert (config.engine, config.log_level, config.graph, config.progress) == ("local", "off", False, None)
    assert config.origin("engine") == "default"


def test_the_default_node_is_this_machine(environ: dict[str, str]) -> None:
    (node,) = build({}, environ).nodes
    assert node == NodeSpec("localhost", machine.computing_units(), machine.memory_bytes(), equipment=node.equipment)
    assert node.equipment.processors[0].units == node.computing_units


def test_workers_are_the_computing_units_of_the_default_node(environ: dict[str, str]) -> None:
    assert build({}, {**environ, "PYCOMPSS_WORKERS": "7"}).nodes[0].computing_units == 7


def test_the_place_for_requests_has_the_name_of_the_original_too(environ: dict[str, str]) -> None:
    """Runtime and tools, 5.3: COMPSS_HTTP_POOL_SIZE."""
    assert build({}, environ).http_pool_size == 0
    for name in ("COMPSS_HTTP_POOL_SIZE", "PYCOMPSS_HTTP_POOL_SIZE"):
        assert build({}, {**environ, name: "7"}).http_pool_size == 7


def test_a_flag_wins_over_the_environment_and_that_over_the_file(tmp_path: Path, environ: dict[str, str]) -> None:
    path = write_file(tmp_path, "# mine\nlog_level = debug\n\nsummary = yes\nworkers=3 # cores\n")
    environ |= {"PYCOMPSS_LOG_LEVEL": "info", "PYCOMPSS_WORKERS": "4"}
    config = build({"workers": ("--cpus_per_node", "5")}, environ)
    assert (config.workers, config.log_level, config.summary) == (5, "info", True)
    assert config.origin("workers") == "flag --cpus_per_node"
    assert config.origin("log_level") == "environment PYCOMPSS_LOG_LEVEL"
    assert config.origin("summary") == f"{path}:4"


def test_another_file_can_be_named(tmp_path: Path, environ: dict[str, str]) -> None:
    (tmp_path / "other").write_text("engine = inline")
    assert build({}, {**environ, "PYCOMPSS_CONFIG": str(tmp_path / "other")}).engine == "inline"


def test_a_file_that_was_named_must_exist(tmp_path: Path, environ: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        build({}, {**environ, "PYCOMPSS_CONFIG": str(tmp_path / "none")})
    assert caught.value.message == f"PYCOMPSS_CONFIG={tmp_path}/none: cannot be read: No such file or directory"


@pytest.mark.parametrize("line", ["nonsense = 1", "graph", "= 1", "application = x.py"])
def test_a_wrong_line_of_the_file_is_named(tmp_path: Path, environ: dict[str, str], line: str) -> None:
    path = write_file(tmp_path, f"\n{line}\n")
    with pytest.raises(ConfigurationError) as caught:
        build({}, environ)
    assert caught.value.message == f"{path}:2: {line!r} is not of the form `setting = value`"


def test_a_wrong_value_is_named_with_where_it_stands(environ: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        build({}, {**environ, "PYCOMPSS_WORKERS": "many"})
    assert caught.value.message == (
        "workers = 'many' (environment PYCOMPSS_WORKERS): expected a whole number, 1 or more"
    )


def test_an_empty_variable_says_nothing(environ: dict[str, str]) -> None:
    assert build({}, {**environ, "PYCOMPSS_WORKERS": ""}).workers is None


def test_monitoring_implies_the_graph_and_a_log(environ: dict[str, str]) -> None:
    config = build({"monitoring": ("-m", "2000")}, environ)
    assert (config.graph, config.log_level) == (True, "info")
    assert build({"monitoring": ("-m", "1"), "log_level": ("-d", "debug")}, environ).log_level == "debug"


def test_levels_of_the_log_contain_each_other() -> None:
    assert [level for level in configuration.LOG_LEVELS[1:] if Config(log_level="api").logs(level)] == ["info", "api"]
    assert not Config().logs("info")


def test_a_configuration_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Config().graph = True  # type: ignore[misc]


def test_logs_go_home_by_default(isolated_home: Path) -> None:
    assert Config().log_dir == str(isolated_home)


def test_every_setting_is_shown_with_its_origin(environ: dict[str, str]) -> None:
    text = settings.text(build({}, {**environ, "PYCOMPSS_GRAPH": "true", "PYCOMPSS_PYTHONPATH": "/a:/b"}))
    rows = {line.split()[0]: line.split(maxsplit=2)[1:] for line in text.splitlines()}
    assert rows["graph"] == ["true", "environment PYCOMPSS_GRAPH"]
    assert rows["pythonpath"] == ["/a:/b", "environment PYCOMPSS_PYTHONPATH"]
    assert {entry.name for entry in configuration.settings()} <= set(rows)


def test_every_setting_has_a_row_in_the_reference() -> None:
    names = [entry.name for entry in configuration.settings()]
    assert [row.split("`")[1] for row in settings.reference().splitlines()[2:]] == names
