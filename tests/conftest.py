"""Fixtures of every test: a home of its own, programs that are run and watched, and nothing left behind."""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(REPOSITORY / ".hypothesis"))

from hypothesis import settings  # noqa: E402  (reads the variable above)

from pycompss.runtime import current  # noqa: E402
from pycompss.runtime.caller import Caller  # noqa: E402
from tests.support import components, processes, sessions  # noqa: E402
from tests.support.launch import Launcher  # noqa: E402
from tests.support.leaks import Snapshot  # noqa: E402

# A slow moment of a shared machine is no failure; on CI the same examples come every time.
settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, database=None)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "here")
if os.environ.get("CI") == "true":
    components.packages_must_be_there()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The fast ones first."""
    items.sort(key=lambda item: "/unit/" not in item.path.as_posix())


# ---------------------------------------------------------------- a place of its own


@pytest.fixture(scope="session", autouse=True)
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A mark for all our sub-processes, and private temporary, home, log and working directories.

    What appears in one of them during a test was made by that test.
    """
    base, mark = tmp_path_factory.getbasetemp(), uuid.uuid4().hex
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(processes.MARK, mark)
        for variable, name in (("TMPDIR", "tmp"), ("HOME", "home"), ("PYCOMPSS_LOG_DIR", "logs")):
            (base / name).mkdir()
            patch.setenv(variable, str(base / name))
        patch.setattr(tempfile, "tempdir", None)
        (base / "cwd").mkdir()
        patch.chdir(base / "cwd")
        yield mark


@pytest.fixture(autouse=True)
def isolated_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> Path:
    """`HOME` and `PYCOMPSS_LOG_DIR` inside `tmp_path`; nothing else of the caller's settings; returns the home."""
    for name in [name for name in os.environ if name.startswith(("PYCOMPSS_", "COMPSS_", "IT_"))]:
        monkeypatch.delenv(name)
    home, logs = tmp_path / "home", tmp_path / "logs"
    home.mkdir()
    logs.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("PYCOMPSS_LOG_DIR", str(logs))
    return home


# ---------------------------------------------------------------- leaks


@pytest.fixture(scope="module", autouse=True)
def no_leaks_of_module(place: str) -> Iterator[None]:
    """What sessions that outlive a single test leave behind."""
    before = Snapshot(place)
    yield
    _complain(before.leaks())


@pytest.fixture(autouse=True)
def no_leaks(place: str, no_leaks_of_module: None, request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves something behind; a session that serves the whole module may grow until its end."""
    before, caller = Snapshot(place), current.peek()
    yield
    if caller is None:
        current.set_(None)  # a stopped runtime leaves one that answers in sequence
    if request.node.get_closest_marker("leaks") is None and (caller is None or current.peek() is not caller):
        _complain(before.leaks())


def _complain(leaks: list[str]) -> None:
    if leaks:
        pytest.fail("left behind:\n" + "\n".join(f"  {leak}" for leak in leaks), pytrace=False)


# ---------------------------------------------------------------- programs and sessions


@pytest.fixture
def run_program(tmp_path: Path) -> Launcher:
    """`run_program(source_or_path, *args, engine=, workers=, launcher=, ...) -> Result`: see `Launcher.__call__`."""
    return Launcher(tmp_path)


@pytest.fixture(scope="module")
def engine(request: pytest.FixtureRequest) -> str:
    """The engine of `session`; `@both_engines` runs a test under each."""
    return getattr(request, "param", "local")


@pytest.fixture(scope="module")
def workers(request: pytest.FixtureRequest) -> int:
    """Computing units of `session`; `@with_workers(1, 8)` runs a test with each number."""
    return getattr(request, "param", 2)


@pytest.fixture(scope="module")
def session(engine: str, workers: int, no_leaks_of_module: None) -> Iterator[Caller]:
    """The runtime, started in this process and shared by the tests of a module."""
    with sessions.running(workers, engine) as caller:
        yield caller
