"""What keeps a worker from being a node is said in one message."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from pycompss.engines.dask import greeting

OWN = {"python": "3.11.7", "purecompss": "0.1.0", "cloudpickle": "3.1.0", "numpy": "2.1.0", "distributed": "2024.1.0"}


def said(missing: list[str] | None = None, **versions: str) -> dict[str, object]:
    return {
        "versions": {**OWN, **versions},
        "missing": missing or [],
        "unusable": "",
        "host": "far",
        "python": "/opt/bin/python3",
    }


def test_a_worker_sees_what_is_asked_for_and_has_what_is_installed(tmp_path: Path) -> None:
    answer = asyncio.run(greeting.answer([str(tmp_path)], "shared_disk"))
    assert answer["missing"] == []
    assert answer["host"] == os.uname().nodename
    assert answer["versions"]["python"].startswith("{}.{}.".format(*sys.version_info))
    assert greeting.problem("n", greeting.versions(), answer, {}) == ""


def test_a_folder_that_is_not_there_is_looked_for_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A network file system shows late what was made elsewhere."""
    late, never = tmp_path / "late", tmp_path / "never"

    async def elsewhere(seconds: float) -> None:
        late.touch()

    monkeypatch.setattr(greeting.asyncio, "sleep", elsewhere)
    assert asyncio.run(greeting.answer([str(late), str(never)], "shared_disk"))["missing"] == [str(never)]


@pytest.mark.parametrize("versions", [{"python": "3.11.9"}, {"numpy": "2.9"}, {"cloudpickle": "3.0"}])
def test_small_differences_do_no_harm(versions: dict[str, str]) -> None:
    assert greeting.problem("n", OWN, said(**versions), {}) == ""


def test_numpy_is_needed_only_by_those_who_use_it() -> None:
    answer = said()
    del answer["versions"]["numpy"]  # type: ignore[attr-defined]
    assert greeting.problem("n", OWN, answer, {}) == ""


def test_other_packages_are_named_with_the_command_that_mends_it() -> None:
    assert greeting.problem("n7", OWN, said(purecompss="0.2.0", numpy="1.26.4"), {}).splitlines() == [
        "node n7 (on far) has other versions than the program",
        "    asked: purecompss 0.1.0, numpy 2.1.0",
        "    found: purecompss 0.2.0, numpy 1.26.4",
        "    try:   /opt/bin/python3 -m pip install purecompss==0.1.0 numpy==2.1.0",
    ]


def of_program(**versions: str) -> tuple[str, str]:
    """What is wrong, and what is said besides, if the program imports these, of versions 1.4.2 and 0.4.2."""
    own = {**OWN, "one": "1.4.2", "zero": "0.4.2"}
    answer = said(**{"one": "1.4.2", "zero": "0.4.2", **versions})
    return greeting.problem("n7", own, answer, {}, "", ["one", "zero"]), greeting.remark(
        "n7", own, answer, ["one", "zero"]
    )


def test_what_the_program_imports_must_be_there_and_of_the_same_series() -> None:
    assert of_program() == ("", "")
    assert of_program(one="1.4.9", zero="0.4.9") == ("", "")
    assert "asked: one 1.4.2, zero 0.4.2\n    found: one 2.0, zero 0.5.0\n" in of_program(one="2.0", zero="0.5.0")[0]
    own, answer = {**OWN, "one": "1.4.2"}, said()
    assert "found: one none\n" in greeting.problem("n7", own, answer, {}, "", ["one"])
    del answer["versions"]["numpy"]  # type: ignore[attr-defined]
    assert "asked: numpy 2.1.0\n" in greeting.problem("n7", OWN, answer, {}, "", ["numpy"])


def test_another_version_of_the_same_series_is_a_remark() -> None:
    problem, remark = of_program(one="1.3")
    assert problem == ""
    assert remark.splitlines() == [
        "node n7 (on far) has other versions than the program of what that imports; results may differ",
        "    asked: one 1.4.2",
        "    found: one 1.3",
        "    try:   /opt/bin/python3 -m pip install one==1.4.2",
    ]


def test_modules_are_in_packages_of_other_names() -> None:
    assert greeting.packages_of(["numpy", "sklearn", "tests", "no_such_module"]) == ["numpy", "scikit-learn"]


def test_another_python_is_named() -> None:
    text = greeting.problem("n7", OWN, said(python="3.12.1"), {})
    assert "asked: python 3.11.7\n    found: python 3.12.1\n" in text
    assert f"try:   start its worker with {sys.executable}" in text


def test_a_folder_that_is_not_shared_is_named() -> None:
    assert greeting.problem("n7", OWN, said(["/runs/1/token"]), {"/runs/1/token": "/runs/1"}).splitlines() == [
        "node n7 (on far) does not see the program's folders",
        "    asked: /runs/1, shared by all nodes",
        "    found: no such folder there, or another one of that name",
        (
            "    try:   a folder that all nodes see under the same path: cd to it, and --log_dir=FOLDER; "
            "or --worker_working_dir=local_disk, which needs none"
        ),
    ]
