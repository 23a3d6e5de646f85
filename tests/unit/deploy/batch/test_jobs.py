"""Submission, status, cancellation, list and history, with the recorded answers of four batch systems."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from pycompss.cli import main
from tests.support.batch import FakeCommands


@dataclass(frozen=True)
class Recorded:
    """What the commands of a system print."""

    submission: tuple[str, str]  # command, its answer
    job: str
    states: tuple[tuple[str, str, str], ...]  # command, answer, our word
    listing: tuple[str, str]
    listed: tuple[str, ...]
    cancel: str
    queues: tuple[str, str]


QSTAT_OF_PBS = """
server:
                                                            Req'd  Req'd   Elap
Job ID          Username Queue    Jobname    SessID NDS TSK Memory Time  S Time
--------------- -------- -------- ---------- ------ --- --- ------ ----- - -----
1234.server     me       workq    COMPSs       2071   2   4    --  00:10 R 00:00
1235.server     me       workq    other         --    1   2    --  00:10 Q   --
"""
QSTAT_OF_SGE = """\
job-ID  prior   name       user         state submit/start at     queue                          slots ja-task-ID
-----------------------------------------------------------------------------------------------------------------
   1234 0.55500 COMPSs     me           r     11/28/2026 20:00:00 all.q@node1                        2
   1235 0.00000 other      me           hqw   11/28/2026 20:00:01                                    2
"""
SYSTEMS = {
    "slurm": Recorded(
        ("sbatch", "Submitted batch job 1234"),
        "1234",
        (("squeue", "RUNNING", "RUNNING"), ("squeue", "TIMEOUT", "TIMEOUT")),
        ("squeue", "1234|RUNNING|COMPSs\n1235|PENDING|my | job"),
        ("1234 - RUNNING - COMPSs", "1235 - PENDING - my | job"),
        "scancel 1234",
        ("sinfo", "batch*|4|2|4000|infinite|(null)"),
    ),
    "pbs": Recorded(
        ("qsub", "1234.server"),
        "1234.server",
        (
            ("qstat", "Job Id: 1234.server\n    job_state = R\n    queue = workq", "RUNNING"),
            ("qstat", "Job Id: 1234.server\n    job_state = H", "PENDING"),
            ("qstat", "Job Id: 1234.server\n    job_state = F\n    Exit_status = 0", "COMPLETED"),
            ("qstat", "Job Id: 1234.server\n    job_state = F\n    Exit_status = 271", "FAILED"),
            ("qstat", "Job Id: 1234.server\n    job_state = F", "CANCELLED"),
        ),
        ("qstat", QSTAT_OF_PBS),
        ("1234.server - RUNNING - COMPSs", "1235.server - PENDING - other"),
        "qdel 1234.server",
        (
            "qstat",
            (
                "Queue              Max   Tot Ena Str   Que   Run   Hld   Wat   Trn   Ext Type\n"
                "---------------- ----- ----- --- --- ----- ----- ----- ----- ----- ----- ----\n"
                "workq                0     2 yes yes     0     2     0     0     0     0 Exec"
            ),
        ),
    ),
    "lsf": Recorded(
        ("bsub", "Job <1234> is submitted to queue <normal>."),
        "1234",
        (
            ("bjobs", "RUN", "RUNNING"),
            ("bjobs", "PEND", "PENDING"),
            ("bjobs", "DONE", "COMPLETED"),
            ("bjobs", "EXIT", "FAILED"),
        ),
        ("bjobs", "1234|RUN|COMPSs\n1235|PEND|other"),
        ("1234 - RUNNING - COMPSs", "1235 - PENDING - other"),
        "bkill 1234",
        (
            "bqueues",
            (
                "QUEUE_NAME      PRIO STATUS          MAX JL/U JL/P JL/H NJOBS  PEND   RUN  SUSP\n"
                "workq            30  Open:Active       -    -    -    -     0     0     0     0"
            ),
        ),
    ),
    "sge": Recorded(
        ("qsub", 'Your job 1234 ("COMPSs") has been submitted'),
        "1234",
        (
            ("qstat", QSTAT_OF_SGE, "RUNNING"),
            ("qacct", "===\nqname        all.q\nfailed       0\nexit_status  0", "COMPLETED"),
            ("qacct", "===\nqname        all.q\nfailed       100 : assumedly after job\nexit_status  137", "FAILED"),
        ),
        ("qstat", QSTAT_OF_SGE),
        ("1234 - RUNNING - COMPSs", "1235 - PENDING - other"),
        "qdel 1234",
        ("qconf", "all.q\nworkq"),
    ),
}


@pytest.fixture(params=SYSTEMS)
def recorded(request: pytest.FixtureRequest, fakes: FakeCommands, application: Path) -> Recorded:
    told = SYSTEMS[request.param]
    fakes.add(*told.submission, reads=True)
    fakes.add(*told.queues)
    return told


def run(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    assert main.main(["job", *words]) == code
    captured = capsys.readouterr()
    return captured.err if code else captured.out


def test_the_last_word_of_a_submission_is_the_number_of_the_job(
    recorded: Recorded, fakes: FakeCommands, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = run(capsys, "submit", "--num_nodes=1", "app.py", "x").splitlines()
    assert printed[-1].split()[-1] == recorded.job
    path = next(line.removeprefix("Temp submit script is: ") for line in printed if line.startswith("Temp"))
    assert Path(path).read_text() == fakes.script
    assert Path(path).stat().st_mode & 0o777 == 0o600


def test_enqueue_compss_submits_too(recorded: Recorded, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["enqueue", "--num_nodes=1", "app.py"]) == 0
    assert recorded.submission[1] in capsys.readouterr().out


def test_an_unknown_queue_is_refused(recorded: Recorded, capsys: pytest.CaptureFixture[str]) -> None:
    assert "there is no queue nightly" in run(capsys, "submit", "--queue=nightly", "app.py", code=1)


def test_every_state_has_its_word(recorded: Recorded, fakes: FakeCommands, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "submit", "--num_nodes=1", "app.py")
    for command, answer, state in recorded.states:
        if command == "qacct":
            fakes.add("qstat")
        fakes.add(command, answer)
        assert run(capsys, "status", recorded.job) == f"SUCCESS:{state}\n"
        assert f" {state} " in run(capsys, "history")


def test_the_queue_is_listed(recorded: Recorded, fakes: FakeCommands, capsys: pytest.CaptureFixture[str]) -> None:
    fakes.add(*recorded.listing)
    assert run(capsys, "list").splitlines() == ["SUCCESS", *(f"\t{line}" for line in recorded.listed)]


def test_a_job_is_cancelled(recorded: Recorded, fakes: FakeCommands, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "submit", "--num_nodes=1", "app.py")
    command = recorded.cancel.split()[0]
    fakes.add(command)
    fakes.add(*recorded.states[0][:2])
    assert run(capsys, "cancel", recorded.job) == f"Job `{recorded.job}` canceled\n"
    assert fakes.calls[-1] == recorded.cancel
    fakes.add(command, errors="no such job", code=1)
    assert "found: no such job" in run(capsys, "cancel", recorded.job, code=1)


def test_a_job_that_has_ended_keeps_its_state(
    recorded: Recorded, fakes: FakeCommands, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "submit", "--num_nodes=1", "app.py")
    fakes.add(recorded.cancel.split()[0])
    fakes.add("qstat")
    command, answer, state = recorded.states[-1]
    fakes.add(command, answer)
    assert f"job {recorded.job} has ended\n" in run(capsys, "cancel", recorded.job, code=1)
    assert recorded.cancel not in fakes.calls
    assert f" {state} " in run(capsys, "history")


# -- what does not depend on the system


@pytest.fixture
def slurm(fakes: FakeCommands, application: Path) -> FakeCommands:
    fakes.add("sbatch", "Submitted batch job 12", reads=True)
    fakes.add("squeue")
    return fakes


def test_history_tells_what_was_asked(slurm: FakeCommands, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "submit", "-e", "KEY=a b", "-eem", "python/3.11", "--num_nodes=1", "-g", "app.py", "it's")
    slurm.add("sbatch", "Submitted batch job 13", reads=True)
    run(capsys, "submit", "--num_nodes=1", "app.py")
    first, variable, module, arguments = run(capsys, "history", "--job_id", "12").splitlines()
    assert first.startswith("12  20")
    assert first.endswith(" UTC  SUBMITTED  app.py")
    assert (variable.strip(), module.strip()) == ("environment variable: KEY=a b", "module: python/3.11")
    assert arguments.endswith("""-eem python/3.11 --num_nodes=1 -g app.py 'it'"'"'s'""")
    assert [line[:2] for line in run(capsys, "history").splitlines() if line[0] != " "] == ["12", "13"]
    assert "job 14 was not submitted from here" in run(capsys, "history", "--job_id=14", code=1)


def test_jobs_are_remembered_in_the_documented_file(
    slurm: FakeCommands, isolated_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "submit", "--num_nodes=1", "app.py")
    entry = json.loads((isolated_home / ".COMPSs/envs/jobs.json").read_text())["12"]
    assert {"app_name", "extra_env_vars", "extra_env_mods", "enqueue_args", "status", "timestamp"} <= set(entry)


@pytest.mark.parametrize(
    ("errors", "state"), [("some Error\n", "COMPLETED:ERROR"), ("", "COMPLETED_SUCCESS"), (None, "SUBMITTED")]
)
def test_a_job_that_the_queue_forgot_is_judged_by_its_errors(
    slurm: FakeCommands, application: Path, capsys: pytest.CaptureFixture[str], errors: str | None, state: str
) -> None:
    run(capsys, "submit", "--num_nodes=1", "app.py")
    if errors is not None:
        (application.parent / "compss-12.err").write_text(errors)
    assert run(capsys, "status", "12") == f"SUCCESS:{state}\n"


def test_a_job_that_nobody_knows_is_no_job(slurm: FakeCommands, capsys: pytest.CaptureFixture[str]) -> None:
    assert "job 99 is unknown" in run(capsys, "status", "99", code=1)


@pytest.mark.parametrize(
    "words", [["status"], ["status", "1", "2"], ["cancel", "-u"], ["cancel", "me"], ["history", "x"]]
)
def test_what_is_no_number_of_a_job_is_refused(
    slurm: FakeCommands, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    assert run(capsys, *words, code=1).startswith(("Bad argument: expected the number", "pycompss job: job x was not"))
    assert slurm.calls == []


def test_a_variable_of_the_environment_is_forwarded(
    slurm: FakeCommands, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TOKEN", "a'b")
    run(capsys, "submit", "-e", "TOKEN", "--num_nodes=1", "app.py")
    assert """export TOKEN='a'"'"'b'""" in slurm.script


def test_paths_of_run_options_are_whole_and_what_the_job_decides_is_ignored(
    slurm: FakeCommands, application: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = application.parent / "lib"
    folder.mkdir()
    words = ["submit", "--num_nodes=1", "--pythonpath=lib", "--project=p.xml", "app.py", "{COMPS_APP_PATH}/in"]
    assert main.main(["job", *words]) == 0
    assert "WARNING: --project is ignored: the job finds its nodes itself" in capsys.readouterr().err
    assert f"--pythonpath={folder}" in slurm.script
    assert f"{application} {application.parent}/in &" in slurm.script
    assert "p.xml" not in slurm.script
