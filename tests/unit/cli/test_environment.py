"""Variables that scripts set."""

from __future__ import annotations

from pathlib import Path

import pytest

from pycompss.errors import ConfigurationError
from pycompss.runtime.environment import sourced


def test_scripts_are_sourced_one_after_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd) -> None:
    monkeypatch.setenv("BEFORE", "same")
    first, second = tmp_path / "first one.sh", tmp_path / "second.sh"
    first.write_text("echo loud\nexport A='1 = one\ntwo' BEFORE=same\nunexported=1\n")
    second.write_text('export B="$A!"\n')
    assert sourced([str(first), str(second)]) == {"A": "1 = one\ntwo", "B": "1 = one\ntwo!"}
    assert capfd.readouterr().out == ""


def test_without_scripts_nothing_changes() -> None:
    assert sourced([]) == {}


def test_a_script_that_fails_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.sh").write_text("exit 3\n")
    with pytest.raises(ConfigurationError, match=r"bad\.sh: failed with exit code 3"):
        sourced([str(tmp_path / "bad.sh")])
    with pytest.raises(ConfigurationError, match=r"none\.sh does not exist"):
        sourced([str(tmp_path / "none.sh")])
