"""`--output_profile` is what the original writes, and `--input_profile` reads it."""

from __future__ import annotations

import json

import pytest

from pycompss.core.coordinator import Coordinator
from pycompss.core.events import Kind
from pycompss.core.resources import Node
from pycompss.core.task import Definition
from pycompss.errors import ConfigurationError
from pycompss.observe.profile import Profile, expected
from pycompss.runtime.config import Config
from pycompss.runtime.profiles import expectations
from tests.unit.observe.histories import History


def test_a_profile_tells_how_often_and_how_long_and_later_runs_know_it_from_the_start(tmp_path):
    h = History()
    h.record(Kind.RUN_STARTED, "app.py", (("node1", 2, None),))
    for name, seconds in (("m.f", 0.25), ("m.f", 0.75), ("m.g", 0.001)):
        h.executed(h.task(name), "node1", seconds)
    h.task("m.never")
    path = tmp_path / "App_Profile.json"
    profile = Profile(str(path))
    profile.read(h.events)
    profile.close()
    assert json.loads(path.read_text()) == {
        "resources": {"node1": {}},
        "implementations": {
            "m.f": {"executions": 2, "minTime": 250.0, "avgTime": 500.0, "maxTime": 750.0},
            "m.g": {"executions": 1, "minTime": 1.0, "avgTime": 1.0, "maxTime": 1.0},
        },
        "cloud": {},
    }
    assert not list(tmp_path.glob("*.tmp"))
    core = Coordinator([Node(0, "a", 1)])
    core.expected = expected(str(path))
    kinds = [Definition(print, name) for name in ("m.f", "m.other")]
    for kind in kinds:
        core.register(kind)
    assert [kind.statistics for kind in kinds] == [0.5, None]


@pytest.mark.parametrize("text", ["", "[]", '{"implementations": {"m.f": {}}}', '{"implementations": {"m.f": 3}}'])
def test_what_is_no_profile_is_named(tmp_path, text):
    path = tmp_path / "wrong.json"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=r"input_profile = .*wrong\.json cannot be read"):
        expectations(Config(input_profile=str(path)))
    with pytest.raises(ConfigurationError, match=r"output_profile = .*: nothing can be written in .*missing"):
        expectations(Config(output_profile=str(tmp_path / "missing" / "profile.json")))
