"""What is missing on CI is a failure there, not a skip."""

from __future__ import annotations

import pytest

from tests.support import components


def test_a_missing_package_is_no_reason_to_skip_on_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pytest, "importorskip", pytest.importorskip)  # put back afterwards
    components.packages_must_be_there()
    assert pytest.importorskip("os", reason="never").sep == "/"
    with pytest.raises(ModuleNotFoundError, match="no_such_package"):
        pytest.importorskip("no_such_package", reason="pip install it")


def test_a_missing_program_fails_on_ci_and_skips_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no-such-program"):
        components.need("no-such-program")
    monkeypatch.setenv("CI", "")
    with pytest.raises(pytest.skip.Exception, match="no-such-program"):
        components.need("no-such-program")
