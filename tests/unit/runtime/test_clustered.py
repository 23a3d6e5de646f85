"""What is refused before anything starts: a Dask cluster that cannot be one."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from pycompss.errors import ConfigurationError
from pycompss.runtime import clustered, config


def refused(**flags: str) -> str:
    given = {name: (f"--{name}=", text) for name, text in flags.items()}
    with pytest.raises(ConfigurationError) as caught:
        clustered.scheduler(config.build(given, {}))
    return caught.value.message


def test_the_address_is_given_or_read_from_the_schedulers_file(tmp_path: Path) -> None:
    file = tmp_path / "scheduler.json"
    file.write_text('{"type": "Scheduler", "address": "tls://10.0.0.1:8786"}')
    by_file = config.build({"scheduler_file": ("--scheduler_file=", str(file))}, {})
    assert by_file.engine == "dask"
    assert clustered.scheduler(by_file) == "tls://10.0.0.1:8786"
    assert clustered.scheduler(config.build({"scheduler_address": ("", "tcp://host:1")}, {})) == "tcp://host:1"
    assert clustered.scheduler(config.build({}, {})) == ""


def test_a_file_that_is_not_there_is_named() -> None:
    says = refused(scheduler_file="/none/such")
    assert says.startswith("scheduler_file = '/none/such' (flag --scheduler_file=): cannot be read: No such file")
    assert says.endswith("start one: dask scheduler --scheduler-file=/none/such")


@pytest.mark.parametrize("text", ["[]", "{", "{}", "\0"])
def test_a_file_of_something_else_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "file").write_text(text)
    assert "is no file of a Dask scheduler; start one: dask" in refused(scheduler_file=str(tmp_path / "file"))


@pytest.mark.parametrize(
    "address", ["host:8786", "ucx://host:8786", "tcp://", "tls://host", "tcp://host:port", "gateway://host:1"]
)
def test_an_address_has_protocol_host_and_port(address: str) -> None:
    assert "expected an address such as tls://host:8786 or tcp://host:8786" in refused(scheduler_address=address)


def test_a_gateway_without_its_package_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    says = refused(scheduler_address="gateway://host:8000/mine")
    assert says.endswith("not installed (dask-gateway): pip install 'purecompss[gateway]'")


def test_file_and_address_cannot_both_be_given() -> None:
    assert "give one of them" in refused(scheduler_file="a", scheduler_address="tcp://host:1")


def test_a_host_without_address_is_named() -> None:
    """Before anything is started."""
    address = "tcp://none.invalid:8786"
    with pytest.raises(ConfigurationError, match=f"the Dask scheduler {address} has no address here"):
        clustered.host(config.build({"scheduler_address": ("", address)}, {}), address)
