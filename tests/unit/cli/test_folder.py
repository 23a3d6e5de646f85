"""The folder of a run."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from pycompss.runtime import folder
from pycompss.runtime.config import Config


def create(log_dir: Path, application: str = "/there/app.py", **fields: object) -> folder.RunFolder:
    return folder.create(Config(log_dir=str(log_dir), application=application, **fields))  # type: ignore[arg-type]


def test_the_first_free_number_is_taken(tmp_path: Path) -> None:
    paths = [create(tmp_path).path for _ in range(3)]
    assert paths == [f"{tmp_path}/.COMPSs/app.py_{number}" for number in ("01", "02", "03")]
    os.rmdir(paths[1])
    assert create(tmp_path).path == paths[1]


def test_numbers_go_on_past_99(tmp_path: Path) -> None:
    for number in range(1, 100):
        (tmp_path / ".COMPSs" / f"app.py_{number:02}").mkdir(parents=True)
    assert create(tmp_path).path.endswith("app.py_100")


def test_a_number_that_another_run_takes_meanwhile_is_left_to_it(tmp_path: Path) -> None:
    def make(path: str, mode: int) -> None:
        if path.endswith("_01"):
            raise FileExistsError
        os.mkdir(path, mode)

    assert folder.first_free(str(tmp_path), "app.py", make) == str(tmp_path / "app.py_02")


def test_it_is_private(tmp_path: Path) -> None:
    run = create(tmp_path)
    for path in (run.path, run.jobs, run.temporary):
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o700


def test_folders_inside_appear_on_demand(tmp_path: Path) -> None:
    run = create(tmp_path)
    assert os.listdir(run.path) == []
    paths = [run.jobs, run.monitor, run.workers, run.temporary]
    assert sorted(os.listdir(run.path)) == ["jobs", "monitor", "tmpFiles", "workers"]
    assert all(map(os.path.isdir, paths))


def test_a_program_without_a_file_is_interactive(tmp_path: Path) -> None:
    assert create(tmp_path, "").path.endswith("/InteractiveMode_01")


def test_an_exact_folder_can_be_asked_for(tmp_path: Path) -> None:
    asked = tmp_path / "a" / "b"
    assert create(tmp_path, specific_log_dir=str(asked)).path == str(asked)
    assert create(tmp_path, specific_log_dir=str(asked)).path == str(asked)


def test_temporary_files_go_at_the_end(tmp_path: Path) -> None:
    run = create(tmp_path)
    Path(run.temporary, "file").write_text("x")
    run.close()
    assert os.listdir(run.path) == []
    run.close()


def test_in_debug_the_output_of_a_nodes_workers_is_one_file_too(tmp_path: Path) -> None:
    for level, names in (("info", set()), ("debug", {"binding_worker_node_1.out", "binding_worker_b.err"})):
        run = create(tmp_path, log_level=level)
        for name, text in (("node_1_2.out", "second"), ("node_1_10.out", "tenth"), ("b_1.err", "x"), ("b_1.out", "")):
            Path(run.workers, f"worker_{name}").write_text(text)
        run.close()
        kept = {"worker_node_1_2.out", "worker_node_1_10.out", "worker_b_1.err"}
        assert {path.name for path in Path(run.workers).iterdir()} == kept | names
        if names:
            assert Path(run.workers, "binding_worker_node_1.out").read_text() == "secondtenth"


def test_temporary_files_stay_when_asked(tmp_path: Path) -> None:
    run = create(tmp_path, keep_workingdir=True)
    Path(run.temporary, "file").write_text("x")
    run.close()
    assert os.listdir(run.temporary) == ["file"]


def test_temporary_files_can_lie_elsewhere(tmp_path: Path) -> None:
    run = create(tmp_path, master_working_dir=str(tmp_path / "work"), uuid="abc")
    assert run.temporary == str(tmp_path / "work" / ".COMPSs" / "abc" / "tmpFiles")
    run.close()
    assert list((tmp_path / "work").iterdir()) == []


def test_a_run_has_a_log_of_its_doings_and_one_of_what_went_wrong(tmp_path: Path) -> None:
    run = create(tmp_path)
    run.log("started")
    run.error("failed")
    assert sorted(os.listdir(run.path)) == ["pycompss.err", "pycompss.log"]
    assert Path(run.path, "pycompss.log").read_text().endswith("] started\n")


def test_where_nothing_can_be_written_a_temporary_folder_takes_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    run = create(tmp_path / "file")
    try:
        assert stat.S_IMODE(os.stat(run.path).st_mode) == 0o700
        said = capsys.readouterr().err
        assert said == f"[ INFO ] {tmp_path}/file/.COMPSs: Not a directory; the folder of this run is {run.path}\n"
    finally:
        os.rmdir(run.path)


def test_a_log_that_cannot_be_written_does_not_end_the_run(tmp_path: Path) -> None:
    run = create(tmp_path)
    os.rmdir(run.path)
    run.log("nobody will read this")
    assert not os.path.exists(run.path)
