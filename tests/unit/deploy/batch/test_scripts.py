"""The scripts that jobs become, beside those in golden/ (rewritten with GOLDEN=write in the environment)."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

import pytest

from pycompss.cli import launch, main
from pycompss.deploy.batch import job, script, site, systems
from pycompss.deploy.batch.site import Site

GOLDEN = Path(__file__).parent / "golden"
EVERYTHING = [
    "--job_name=my job",
    "--exec_time=90",
    "--num_nodes=4",
    "--num_switches=1",
    "--queue=long",
    "--qos=debug",
    "--reservation=course",
    "--constraints=highmem&ib",
    "--licenses=matlab:2",
    "--cluster=big",
    "--project_name=bsc01",
    "--job_dependency=1234",
    "--cpus_per_node=48",
    "--gpus_per_node=2",
    "--node_memory=90000",
    "--worker_in_master_cpus=24",
    "--worker_in_master_memory=50000",
    "--io_executors=2",
    "--pre_env_script=env one.sh",
    "--prolog=mkdir,-p,$TMPDIR/x",
    "--epilog=echo 'it is' over",
    "--extra_submit_flag=--comment=two#words",
    "--extra_submit_flag=-v",
    "--master_working_dir=/scratch/my files",
    "-e",
    "KEY=it's $HOME",
    "-eem",
    "python/3.11",
]
RUN = ["-g", "--log_level=debug", "app.py", "a b", "$HOME `id`", "it's", '"quoted"', "--summary"]


def dry_run(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main.main(["job", "submit", "--dry_run", *words]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("system", ["slurm", "pbs", "lsf", "sge"])
@pytest.mark.parametrize("size", ["plain", "everything"])
def test_a_script_is_as_it_was(
    application: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, system: str, size: str
) -> None:
    monkeypatch.delenv("SGE_PE", raising=False)
    (application.parent / "env one.sh").touch()
    options = EVERYTHING if size == "everything" else []
    text = dry_run(capsys, *options, f"--batch_system={system}", *RUN).replace(str(application.parent), "/home/me")
    path = GOLDEN / f"{system}-{size}.sh"
    if os.environ.get("GOLDEN") == "write":
        path.write_text(text)
    assert text == path.read_text()


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.sh")), ids=lambda path: path.stem)
def test_a_script_is_good_shell(path: Path) -> None:
    subprocess.run(["bash", "-n", str(path)], check=True)


def test_words_reach_the_program_as_they_were_written(application: Path, tmp_path: Path) -> None:
    words = ["a b", "$HOME", "`id`", "it's", '"', "\\", "*", ";", "é", ""]
    made = job.build({}, Site(), program=("app.py", *words))
    line = next(line for line in script.write(made, systems.named("slurm"), Site()).splitlines() if "app.py" in line)
    command = f"printf '%s\\n' {line.strip().removesuffix('&')}"
    printed = subprocess.run(["bash", "-c", command], check=True, capture_output=True, text=True).stdout
    assert printed.splitlines() == ["app.py", *words]


# The program signals its script, again and again: bash may miss one that comes just before it begins to wait.
@pytest.mark.parametrize(
    ("program", "printed"),
    [
        ("trap 'echo told; exit 7' TERM; while :; do kill -USR1 $PPID; sleep 0.05; done", "told\n7\n"),
        ("for i in 1 2 3; do kill -TERM $PPID; sleep 0.05; done; exit 3", "3\n"),
        ("exit 0", "0\n"),
    ],
    ids=["told", "cancelled", "well"],
)
def test_a_script_tells_the_program_when_its_time_is_nearly_over_and_keeps_its_exit_code(
    program: str, printed: str
) -> None:
    text = script._PROGRAM.format(command=f"bash -c {shlex.quote(program)}") + '\necho "$code"\n'
    done = subprocess.run(["bash", "-e", "-c", text], stdout=subprocess.PIPE, text=True, timeout=30, check=True)
    assert done.stdout == printed


@pytest.mark.parametrize(("minutes", "seconds"), [(1, 30), (2, 60), (10, 540)])
def test_the_program_is_told_to_end_before_the_job_does(minutes: int, seconds: int) -> None:
    made = job.build({"exec_time": [str(minutes)]}, Site())
    assert script.time_limit(made) == seconds


def test_a_site_forbids_directives_and_has_defaults(
    application: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mare.cfg"
    file.write_text(
        'QUEUE_SYSTEM="slurm"\nDEFAULT_EXEC_TIME=33 # minutes\nDEFAULT_NODE_MEMORY_SIZE=500\nDEFAULT_QUEUE=unset\n'
        'LOCAL_DISK_PREFIX="/scratch/tmp"\nDEFAULT_WORKER_WORKING_DIR=local_disk\n'
        "DEFAULT_QOS='fast'\nDISABLE_QARG_EXCLUSIVE=true\nDEFAULT_JVM_WORKERS=-Xmx1g\nDEFAULT_NETWORK=infiniband\n"
    )
    text = dry_run(capsys, f"--sc_cfg={file}", "app.py")
    directives = {line.removeprefix("#SBATCH ") for line in text.splitlines() if line.startswith("#SBATCH")}
    assert {"-t 00:33:00", "--qos=fast", "--mem=500"} <= directives
    assert not any(line.startswith(("-p", "--exclusive")) for line in directives)
    assert "\nexport LOCAL_DISK_PREFIX=/scratch/tmp\n" in text
    assert "    --worker_working_dir=local_disk \\\n" in text


def test_a_site_is_found_by_its_name(application: Path, isolated_home: Path, tmp_path: Path) -> None:
    own = isolated_home / ".config/pycompss/sites"
    own.mkdir(parents=True)
    (own / "mare.cfg").write_text("QUEUE_SYSTEM=pbs_ssh\n")
    shipped = tmp_path / "compss/Runtime/scripts/queues/supercomputers"
    shipped.mkdir(parents=True)
    (shipped / "nord3.cfg").write_text("QUEUE_SYSTEM=lsf\n")
    environ = {"HOME": str(isolated_home), "COMPSS_HOME": str(tmp_path / "compss")}
    names = [site.find(name, environ) for name in ("mare", "mare.cfg", "nord3", "default")]
    assert [found.text("QUEUE_SYSTEM") for found in names] == ["pbs_ssh", "pbs_ssh", "lsf", ""]
    assert site.system(names[0]) == "pbs"


TYPES = """\
# two kinds of nodes
type_fat(){
  cpus_per_node=64
  node_memory="500000"
  gpus_per_node=4; queue=fat
}
type_thin() { cpus_per_node=24; constraints=highmem; }
"""


def test_nodes_of_several_types_are_parts_of_a_job(
    application: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "types.cfg").write_text(TYPES)
    file = f"--types_cfg={tmp_path}/types.cfg"
    words = ["--batch_system=slurm", "--heterogeneous", file, "--master=thin", "--workers=thin:2,fat:1", "app.py"]
    text = dry_run(capsys, *words)
    first, second, third = text.split("#SBATCH hetjob\n")
    assert {"--constraint", "-N 1"} <= {line.removeprefix("#SBATCH ").partition("=")[0] for line in first.splitlines()}
    assert "#SBATCH --job-name=COMPSs\n" in first
    assert second.splitlines() == [
        '#SBATCH --constraint="highmem"',
        "#SBATCH --exclusive",
        "#SBATCH -t 00:10:00",
        "#SBATCH -N 2",
        "#SBATCH -n 48",
    ]
    directives = third[: third.index("\n\n")].splitlines()
    assert {"#SBATCH -p fat", "#SBATCH --gres=gpu:4", "#SBATCH --mem=500000", "#SBATCH -n 64"} <= set(directives)
    assert "export PYCOMPSS_NODE_TYPES=24:0:,24:0:,64:4:500000\n" in text
    assert "--cpus_per_node" not in text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--heterogeneous"], "no --types_cfg and no --master and no --workers"),
        (["--workers=thin:2"], "--workers belong to --heterogeneous"),
        (["--heterogeneous", "TYPES", "--master=big", "--workers=thin:2"], "there is no type big"),
        (["--heterogeneous", "TYPES", "--master=thin", "--workers=thin"], "expected types with numbers of nodes"),
        (
            ["--heterogeneous", "WRONG", "--master=a", "--workers=a:1"],
            "types.cfg:2: cpus is nothing that a type of nodes",
        ),
    ],
)
def test_types_that_make_no_sense_are_refused(
    application: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    file = tmp_path / "types.cfg"
    file.write_text("\ntype_a(){ cpus=4; }" if "WRONG" in words else TYPES)
    given = [f"--types_cfg={file}" if word in ("TYPES", "WRONG") else word for word in words]
    assert main.main(["enqueue", "--dry_run", "--batch_system=slurm", *given, "app.py"]) == 1
    assert said in capsys.readouterr().err


def test_scripts_that_name_a_site_of_compss_go_on_without_its_file(
    application: Path, isolated_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.main(["enqueue", "--dry_run", "--batch_system=slurm", "--sc_cfg=mn5.cfg", "app.py"]) == 0
    said = capsys.readouterr()
    assert "#SBATCH" in said.out
    assert said.err.startswith("WARNING: --sc_cfg=mn5.cfg: the file that COMPSs has of that name is not here")
    assert f"{isolated_home}/.config/pycompss/sites/mn5.cfg" in said.err


def test_a_job_may_be_a_notebook_server(application: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Settings reach the notebook's runtime as variables."""
    words = ["--batch_system=slurm", "--jupyter_notebook", "-g", "--cpus_per_node=4", "--exec_time=60"]
    text = dry_run(capsys, *words)
    assert "/usr/bin/python3 -u -m pycompss jupyter --no-browser --ip=127.0.0.1 --port=8888 " in text
    assert f" {application.parent} &" in text
    exported = [line for line in text.splitlines() if line.startswith("export PYCOMPSS_")]
    assert exported == [
        "export PYCOMPSS_WORKERS=4",
        "export PYCOMPSS_WALL_CLOCK_LIMIT=3540",
        "export PYCOMPSS_GRAPH=true",
    ]
    assert main.main(["enqueue", "--dry_run", *words, "app.py"]) == 1
    assert "has no program" in capsys.readouterr().err
    assert main.main(["enqueue", "--dry_run", "--ipython", "app.py"]) == 1
    assert "a job has no terminal; try: salloc" in capsys.readouterr().err


def test_what_old_scripts_launch_becomes_words_of_a_run(
    application: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = "--master_node=n1 --worker_nodes=n2 --node_memory=2000 --cpus_per_node=4 --worker_in_master_cpus=2 -d"
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    monkeypatch.setenv("SLURM_JOB_NODELIST", os.uname().nodename)
    monkeypatch.setenv("PYCOMPSS_LOG_DIR", "/logs")
    assert launch.run_words([*told.split(), "--queue=x", "app.py", "a b", "-g"]) == [
        "--specific_log_dir=/logs/.COMPSs/7",
        "--cpus_per_node=4",
        "--worker_in_master_cpus=2",
        "--node_memory=2000",
        "-d",
        "app.py",
        "a b",
        "-g",
    ]
    monkeypatch.delenv("SLURM_JOB_ID")
    assert launch.run_words(["--log_dir=/x", "app.py"]) == ["--log_dir=/x", "app.py"]
