"""Jobs that make no sense, or that this site could not run, are refused before they wait in a queue."""

from __future__ import annotations

from pathlib import Path

import pytest

from pycompss.cli import main
from tests.support.batch import FakeCommands

QUEUES = "batch*|4|2|4000|1:00:00|gpu:2\ndebug|1|2|4000|2:00|(null)\nbig|2|48|90000|1-00:00:00|gpu:a100:4(S:0)\n"


@pytest.fixture
def slurm(fakes: FakeCommands, application: Path) -> FakeCommands:
    fakes.add("sinfo", QUEUES.strip())
    fakes.add("sbatch", "Submitted batch job 12", reads=True)
    return fakes


def refusal(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main.main(["job", "submit", *words]) == 1
    return capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "found", "attempt"),
    [
        (["--num_nodes=5"], "at most 4 in queue batch", "--num_nodes=4"),
        (["--queue=big", "--num_nodes=3"], "at most 2 in queue big", "--queue=batch, or --num_nodes=2"),
        (["--cpus_per_node=48"], "at most 2 in queue batch", "--queue=big, or --cpus_per_node=2"),
        (["--cpus_per_node=49"], "at most 2 in queue batch", "--cpus_per_node=2"),
        (["--worker_in_master_cpus=3"], "at most 2 in queue batch", "--queue=big, or --worker_in_master_cpus=2"),
        (["--worker_in_master_memory=99999"], "at most 4000 in queue batch", "--worker_in_master_memory=4000"),
        (["--gpus_per_node=4"], "at most 2 in queue batch", "--queue=big, or --gpus_per_node=2"),
        (["--queue=debug", "--num_nodes=1", "--gpus_per_node=1"], "at most 0 in queue debug", "--queue=batch"),
        (["--node_memory=9999"], "at most 4000 in queue batch", "--queue=big, or --node_memory=4000"),
        (["--exec_time=61"], "at most 60 in queue batch", "--queue=big, or --exec_time=60"),
        (["--queue=bathc"], "Slurm has batch, debug, big", "--queue=batch"),
    ],
)
def test_more_than_the_site_has_is_refused_with_what_it_has(
    slurm: FakeCommands, capsys: pytest.CaptureFixture[str], options: list[str], found: str, attempt: str
) -> None:
    told = refusal(capsys, *options, "app.py").splitlines()
    assert [line.split(None, 1)[1] for line in told[-3:]] == [told[-3].split(None, 1)[1], found, attempt]
    assert options[-1] in told[-3] or options[0] in told[-3]
    assert not any(call.startswith("sbatch") for call in slurm.calls)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--exec_time=soon"], "--exec_time=soon: expected a whole number, 1 or more"),
        (["--exec_time=0"], "--exec_time=0: expected a whole number, 1 or more"),
        (["--num_nodes=0"], "--num_nodes=0: expected"),
        (["--queue=a b"], "--queue=a b: expected a name"),
        (["--job_name=x\n#SBATCH --uid=0"], "expected a name"),
        (['--job_name=-x"y'], "expected a name"),
        (["--extra_submit_flag=comment"], "expected an option of the batch system"),
        (["--extra_submit_flag=-x\nrm -rf /"], "expected one line"),
        (["--prolog=a\nb"], "expected one line"),
        (["--array=0-3"], "job arrays are refused"),
        (["--extra_submit_flag=--array=0-3"], "job arrays are refused"),
        (["--extra_submit_flag=-J#0-3"], "job arrays are refused"),
        (["--job_dependency=12_3"], "members of arrays are not waited for"),
        (["--job_dependency=last"], "expected the number of a job"),
        (["--pre_env_script=missing.sh"], "missing.sh does not exist"),
        (["--job_execution_dir=missing"], "missing is no directory"),
        (["--agents"], "--agents=tree: a runtime on every node: not available yet"),
        (["--storage_home=/x"], "not available yet"),
        (["--batch_system=pbs", "--container_image=x.sif"], "is known of Slurm alone, not of PBS"),
        (["--num_nodes=1", "--worker_in_master_cpus=0"], "no node would run tasks"),
        (["--cpus_per_node=2", "--worker_in_master_cpus=3"], "--worker_in_master_cpus=3 is more than"),
        (["--num_switches=1"], "so few nodes cannot ask for switches"),
        (["--sc_cfg=nowhere"], "there is no site file nowhere"),
        (["--batch_system=pbs", "--elasticity=2"], "only jobs of Slurm get more nodes while they run"),
        (["--batch_system=pbs", "--elasticity=2", "--dry_run"], "only jobs of Slurm get more nodes while they run"),
        (["--elasticity=some"], "--elasticity=some: expected a whole number, 0 or more"),
        (["--batch_system=condor"], "expected one of slurm, pbs, lsf, sge"),
        (["--exec_tme=3"], "Bad argument: --exec_tme=3 (did you mean --exec_time?)"),
        (["--grpah"], "Bad argument: --grpah (did you mean --graph?)"),
        (["--exec_time"], "Bad argument: --exec_time needs a value: --exec_time=MIN"),
        (["--log_level=loud"], "log_level = 'loud' (flag --log_level): expected one of"),
        (["-e", "NOT-A-NAME=1"], "Bad argument: NOT-A-NAME is no name of an environment variable"),
        (["-e", "NOWHERE_SET"], "NOWHERE_SET is not set here; give a value: -e NOWHERE_SET=VALUE"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused(
    slurm: FakeCommands, capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    assert message in refusal(capsys, *options, "app.py")
    assert slurm.calls in ([], ["sinfo -h -e -o %P|%D|%c|%m|%l|%G"])


@pytest.mark.parametrize(
    ("system", "dropped"),
    [
        ("slurm", {"file_systems"}),
        ("pbs", {"qos", "constraints", "licenses", "file_systems", "cluster", "num_switches"}),
        ("lsf", {"qos", "constraints", "licenses", "file_systems", "cluster", "num_switches"}),  # the queue is told
        ("sge", {"qos", "constraints", "licenses", "file_systems", "cluster", "num_switches"}),
    ],
)
def test_what_a_batch_system_cannot_be_asked_for_is_a_warning(
    application: Path, capsys: pytest.CaptureFixture[str], system: str, dropped: set[str]
) -> None:
    words = [f"--{name}=x" for name in ("queue", "qos", "constraints", "licenses", "file_systems", "cluster")]
    words += ["--project_name=x", "--reservation=x", "--num_switches=1", "--num_nodes=4"]
    assert main.main(["job", "submit", "--dry_run", f"--batch_system={system}", *words, "app.py"]) == 0
    told = capsys.readouterr().err.splitlines()
    assert {line.removeprefix("WARNING: --").partition("=")[0] for line in told} == dropped


def test_limits_of_the_site_file_count(slurm: FakeCommands, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "site.cfg"
    file.write_text("QUEUE_SYSTEM=slurm\nMINIMUM_NUM_NODES=3\nMINIMUM_CPUS_PER_NODE=none\n")
    assert "try:   --num_nodes=3" in refusal(capsys, f"--sc_cfg={file}", "app.py")
    message = f"{file}:3: MINIMUM_CPUS_PER_NODE=none: expected a whole number"
    assert message in refusal(capsys, f"--sc_cfg={file}", "--num_nodes=3", "app.py")


def test_a_bad_default_of_the_site_file_is_named_with_its_line(
    slurm: FakeCommands, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "site.cfg"
    file.write_text("QUEUE_SYSTEM=slurm\n\nDEFAULT_EXEC_TIME=long\nDEFAULT_X=$(id)\n")
    told = refusal(capsys, f"--sc_cfg={file}", "app.py")
    assert f"{file}:3: DEFAULT_EXEC_TIME=long: expected a whole number" in told
    assert f"WARNING: {file}:4: a value that would run something: $(id); only assignments are read" in told


def test_an_unknown_batch_system_is_named(
    slurm: FakeCommands, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "site.cfg"
    file.write_text("QUEUE_SYSTEM=tcs\n")
    assert f"{file}:1: QUEUE_SYSTEM=tcs is not supported" in refusal(capsys, f"--sc_cfg={file}", "app.py")


def test_a_machine_without_batch_system_says_so(
    fakes: FakeCommands, application: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = refusal(capsys, "app.py")
    assert "this machine has no batch system" in told
    assert "none of the commands sbatch, bsub, qsub on the PATH" in told


def test_a_missing_sbatch_is_named(fakes: FakeCommands, application: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "the command sbatch is missing" in refusal(capsys, "--batch_system=slurm", "app.py")


def test_what_the_batch_system_says_against_a_job_is_told(
    slurm: FakeCommands, capsys: pytest.CaptureFixture[str]
) -> None:
    slurm.add("sbatch", errors="sbatch: error: invalid account", code=1, reads=True)
    told = refusal(capsys, "app.py")
    assert "Slurm refused the job" in told
    assert "found: sbatch: error: invalid account" in told


def test_a_missing_application_is_named(slurm: FakeCommands, capsys: pytest.CaptureFixture[str]) -> None:
    assert "The application is missing." in refusal(capsys, "-g")
    told = refusal(capsys, "app")
    assert "the application does not exist" in told
    assert "try:   app.py" in told
