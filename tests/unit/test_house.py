"""The fixtures themselves: a leak check that finds nothing is worth nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from tests.support import leaks, processes


@pytest.fixture
def before(place: str, monkeypatch: pytest.MonkeyPatch) -> leaks.Snapshot:
    monkeypatch.setattr(leaks, "PATIENCE", 0.0)
    return leaks.Snapshot(place)


def test_a_clean_test_leaks_nothing(before: leaks.Snapshot) -> None:
    assert before.leaks() == []


def test_an_open_file_is_found(before: leaks.Snapshot, tmp_path: Path) -> None:
    with open(tmp_path / "open", "w"):
        assert [leak.split(" -> ")[1] for leak in before.leaks()] == [str(tmp_path / "open")]


def test_a_thread_is_found(before: leaks.Snapshot) -> None:
    end = threading.Event()
    thread = threading.Thread(target=end.wait, name="forgotten")
    thread.start()
    assert before.leaks() == ["thread forgotten"]
    end.set()
    thread.join()


def test_a_child_process_is_found(before: leaks.Snapshot) -> None:
    with subprocess.Popen(["sleep", "60"]) as child:
        assert before.leaks() == [f"process {child.pid} (sleep 60)"]
        child.kill()


def test_a_daemon_without_parent_is_found_by_its_mark(before: leaks.Snapshot) -> None:
    orphan = "import subprocess as s; print(s.Popen(['sleep', '60'], start_new_session=True, stdout=s.DEVNULL).pid)"
    pid = int(subprocess.run([sys.executable, "-c", orphan], check=True, stdout=subprocess.PIPE).stdout.split()[0])
    try:
        assert before.leaks() == [f"process {pid} (sleep 60)"]
    finally:
        os.kill(pid, 9)


def test_a_zombie_is_found(before: leaks.Snapshot) -> None:
    child = os.posix_spawn("/bin/true", ["true"], os.environ)
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    assert before.leaks() == [f"process {child} (zombie)"]
    os.waitpid(child, 0)


def test_shared_memory_with_a_name_is_found(before: leaks.Snapshot) -> None:
    memory = Path("/dev/shm", f"purecompss-test-{os.getpid()}")
    with open(memory, "w"):  # held, so that other test runs on this machine do not count it as theirs
        assert f"shared memory {memory}" in before.leaks()
        memory.unlink()


def test_files_in_the_temporary_and_the_working_directory_are_found(before: leaks.Snapshot) -> None:
    paths = Path(tempfile.gettempdir(), "scrap"), Path("scrap")
    for path in paths:
        path.touch()
    assert before.leaks() == ["temporary file scrap", "file scrap in the working directory"]
    for path in paths:
        path.unlink()


def test_a_program_runs_in_a_clean_environment_and_folder(run_program, isolated_home: Path) -> None:
    os.environ["SOMETHING"] = "ours"
    source = "import os, sys; print(os.getcwd(), os.environ.get('SOMETHING'), os.environ['HOME'], *sys.argv[1:])"
    result = run_program(source, "a b", 1).succeeded()
    del os.environ["SOMETHING"]
    assert result.stdout == f"{result.folder} None {isolated_home} a b 1\n"


def test_the_exit_code_and_both_streams_are_reported(run_program) -> None:
    result = run_program("import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)")
    assert (result.returncode, result.stdout, result.stderr) == (3, "out\n", "err\n")


def test_a_program_that_hangs_is_killed_and_shown(run_program) -> None:
    with pytest.raises(pytest.fail.Exception, match=r"still running after 0\.5 s(?s:.*)so far"):
        run_program("import time; print('so far', flush=True); time.sleep(60)", timeout=0.5)


def test_a_program_that_leaves_a_process_behind_fails(run_program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.support.launch.GRACE", 0.1)
    source = """
        import subprocess
        quiet = subprocess.DEVNULL
        subprocess.Popen(["sleep", "61"], start_new_session=True, stdout=quiet, stderr=quiet)
    """
    with pytest.raises(pytest.fail.Exception, match=r"processes left by .*sleep 61"):
        run_program(source)


def test_processes_are_described(place: str) -> None:
    assert processes.look(os.getpid()) is not None
    assert processes.look(2**22 + 1) is None
