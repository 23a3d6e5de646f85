"""Environments: this machine, and one behind an `ssh` that runs everything here and notes its words."""

from __future__ import annotations

import json
import os
import re
import stat
import sys
from pathlib import Path

import pytest

from pycompss.cli import main, remote_jupyter
from pycompss.deploy.environments.place import Place
from pycompss.deploy.environments.store import Environment

# As sshd does: what stands behind the host is joined by spaces and given to the login shell.
SSH = """#!/bin/bash
echo "$*" >>"$NOTES"
while [ "$1" != -- ]; do shift; done
shift 2
cd "$REMOTE" && HOME="$REMOTE" PATH="$REMOTE/bin:$PATH" exec bash -c "$*"
"""


@pytest.fixture
def remote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home at the other machine; `notes` in it has the words of every ssh."""
    home, commands = tmp_path / "remote", tmp_path / "commands"
    (home / "bin").mkdir(parents=True)
    commands.mkdir()
    (commands / "ssh").write_text(SSH)
    (commands / "ssh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{commands}:{os.environ['PATH']}")
    monkeypatch.setenv("REMOTE", str(home))
    monkeypatch.setenv("NOTES", str(home / "notes"))
    (home / ".bash_profile").write_text('PATH="$HOME/bin:$PATH"\n')
    return home


@pytest.fixture
def application(tmp_path: Path) -> Path:
    folder = tmp_path / "my app"
    (folder / "data").mkdir(parents=True)
    (folder / "app.py").write_text("print('hello')\n")
    (folder / "data/a b").write_text("x")
    return folder


def do(capfd: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    assert main.main(list(words)) == code
    captured = capfd.readouterr()
    return captured.err if code else captured.out


def enter(capfd: pytest.CaptureFixture[str]) -> None:
    do(capfd, "init", "-n", "far", "cluster", "-l", "me@login.site:2222")
    do(capfd, "env", "change", "far")


def test_a_new_environment_is_there_but_not_active(isolated_home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert do(capfd, "env", "list").splitlines() == ["* default              local    this machine"]
    do(capfd, "init", "-n", "mine", "local")
    do(capfd, "environment", "init", "-n", "far", "remote", "-l", "me@login.site")
    assert [line.split() for line in do(capfd, "env", "list").splitlines()] == [
        ["*", "default", "local", "this", "machine"],
        ["far", "remote", "me@login.site"],
        ["mine", "local", "this", "machine"],
    ]
    folder = isolated_home / ".COMPSs/envs/far"
    assert json.loads((folder / "config.json").read_text())["type"] == "remote"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    do(capfd, "env", "change", "far")
    assert (folder / "current").read_bytes() == b""
    do(capfd, "env", "change", "default")
    assert not (folder / "current").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["env", "change", "none"], "there is no environment none; there are default"),
        (["env", "remove", "default"], "the environment default always exists"),
        (["init", "-n", "../x", "local"], "'../x' is no name"),
        (["init", "-n", "default", "local"], "there is an environment default already"),
        (["init", "-n", "x", "remote"], "needs --login=user@host"),
        (["init", "-n", "x", "remote", "--login=-oProxyCommand=id"], "'-oProxyCommand=id': expected user@host"),
        (["init", "-n", "x", "unicore", "-u", "me"], "environments of type unicore are not available yet"),
        (["init", "remote", "-u", "me", "-m", "login.site", "-p", "secret"], "passwords are not stored"),
        (["init", "local", "-w", "/nowhere"], "--working_dir=/nowhere is no directory"),
        (["-eid", "none", "exec", "true"], "there is no environment none; there are default"),
        (["run", "-app", "x", "app.py"], "environment default has no application x; it has none"),
        (["app", "deploy", "x", "-sd", "/nowhere"], "/nowhere is no directory"),
        (["app", "deploy", "a/b"], "'a/b' is no name"),
        (["app", "remove", "x"], "environment default has no application x; it has none"),
    ],
)
def test_what_makes_no_sense_is_refused(capfd: pytest.CaptureFixture[str], words: list[str], message: str) -> None:
    assert message in do(capfd, *words, code=1)


def test_a_command_runs_here_with_its_words_and_exit_code(capfd: pytest.CaptureFixture[str]) -> None:
    assert do(capfd, "exec", "printf", "%s|", "a b", "$HOME", "it's", "--help") == "a b|$HOME|it's|--help|"
    do(capfd, "exec", "sh", "-c", "exit 7", code=7)
    assert "not found" in do(capfd, "ex", "no-such-command", code=127)


def test_a_command_runs_at_the_other_machine(remote: Path, capfd: pytest.CaptureFixture[str]) -> None:
    enter(capfd)
    assert do(capfd, "exec", "printf", "%s|", "a b", "$HOME", "it's") == "a b|$HOME|it's|"
    assert do(capfd, "exec", "sh", "-c", "echo $HOME") == f"{remote}\n"
    do(capfd, "exec", "sh", "-c", "exit 7", code=7)
    assert (remote / "notes").read_text().startswith("-l me -p 2222 -- login.site bash -lc ")


def test_modules_and_a_file_are_loaded_before(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "set up.sh"
    file.write_text("module() { echo module $*; }\nexport WHERE=here\n")
    do(capfd, "init", "-n", "mine", "local", "-m", str(file), "python/3.11", "mpi")
    do(capfd, "env", "change", "mine")
    printed = do(capfd, "exec", "sh", "-c", "echo $WHERE")
    assert printed.splitlines() == ["module load python/3.11", "module load mpi", "here"]


def test_applications_are_deployed_listed_and_removed(
    remote: Path, application: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    enter(capfd)
    do(capfd, "app", "deploy", "first", "--source_dir", str(application))
    do(capfd, "app", "d", "second", "-sd", str(application), "-dd", "some where")
    assert (remote / ".COMPSsApps/far/first/data/a b").read_text() == "x"
    assert (remote / "some where/app.py").exists()
    assert [line.split("\t")[0] for line in do(capfd, "app", "list").splitlines()] == ["first", "second"]
    do(capfd, "app", "remove", "second")
    assert not (remote / "some where").exists()
    assert "environment far has applications: first; -f removes them" in do(capfd, "env", "remove", "far", code=1)
    do(capfd, "init", "-n", "other", "local")
    assert "environment far has applications" in do(capfd, "wipe", code=1)
    assert "other" not in do(capfd, "envs")  # one that stays keeps no other
    do(capfd, "env", "remove", "-f", "far")
    assert not (remote / ".COMPSsApps/far/first").exists()
    assert len(do(capfd, "env", "list").splitlines()) == 1


def test_a_copy_that_fails_is_no_application(
    remote: Path, application: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    enter(capfd)
    (remote / "file").touch()
    told = do(capfd, "app", "deploy", "x", "-sd", str(application), "-dd", "file/x", code=1)
    assert "cannot be copied to me@login.site:2222" in told
    assert do(capfd, "app", "list") == ""


def test_jobs_of_a_remote_environment_are_submitted_there_from_the_applications_folder(
    remote: Path, application: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    command = remote / "bin/pycompss"
    command.write_text('#!/bin/sh\npwd\nprintf "%s|" "$@"\n')
    command.chmod(0o755)
    enter(capfd)
    do(capfd, "app", "deploy", "mine", "-sd", str(application))
    printed = do(capfd, "job", "submit", "-app", "mine", "-g", "app.py", "a b", "$HOME")
    assert printed == f"{remote}/.COMPSsApps/far/mine\njob|submit|-g|app.py|a b|$HOME|"


def test_a_deployed_application_is_submitted_from_its_folder_here(
    isolated_home: Path, application: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(application.parent)
    do(capfd, "app", "deploy", "mine", "-sd", str(application))
    words = ["job", "submit", "-app", "mine", "--dry_run", "--batch_system=slurm", "app.py"]
    place = isolated_home / ".COMPSsApps/default/mine"
    assert f"cd {place}" in do(capfd, *words)
    assert Path.cwd() == place


def test_the_newer_words_of_the_command_line_mean_the_same(
    isolated_home: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    do(capfd, "env", "init", "remote", "-u", "me", "-m", "login.site", "--setup_file", "/site/set up.sh")
    assert "place: me@login.site\nmodules: -\nfile: /site/set up.sh\n" in do(capfd, "env", "show", "remote")
    do(capfd, "init", "local", "-w", str(tmp_path), "-l", str(isolated_home))
    do(capfd, "-p", "use", "local")
    assert do(capfd, "exec", "pwd") == f"{tmp_path}\n"
    listed = ["* local                local    this machine", "  remote               remote   me@login.site"]
    assert do(capfd, "status").splitlines()[1:] == do(capfd, "env").splitlines()[1:] == listed
    assert do(capfd, "-eid", "default", "envs").startswith("* default")
    do(capfd, "default")
    assert do(capfd, "envs").startswith("* default")
    do(capfd, "reset", "-y")
    assert len(do(capfd, "envs").splitlines()) == 1


def test_parts_of_an_application_are_deployed_anew(
    isolated_home: Path, application: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    place = isolated_home / ".COMPSsApps/default/mine"
    do(capfd, "app", "deploy", "mine", "-sd", str(application))
    do(capfd, "app", "deploy", "mine", "-sd", str(application), "-sf", "app.py", "-ow")
    assert os.listdir(place) == ["app.py"]
    assert "my app has no b.py" in do(capfd, "app", "deploy", "mine", "-sd", str(application), "-sf", "b.py", code=1)
    assert do(capfd, "app", "list", "--no_table") == f"mine\t{place}\n"
    do(capfd, "app", "remove", "mine", "--yes")


def test_a_program_runs_where_the_environment_is(
    remote: Path, application: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    command = remote / "bin/runcompss"
    command.write_text('#!/bin/sh\npwd\nprintf "%s|" "$@"\n')
    command.chmod(0o755)
    enter(capfd)
    assert do(capfd, "run", "-g", "app.py", "a b") == f"{remote}\n-g|app.py|a b|"
    do(capfd, "app", "deploy", "mine", "-sd", str(application))
    assert do(capfd, "app.py", "-app") == f"{remote}\napp.py|-app|"
    printed = do(capfd, "run", "-app", "mine", "-g", "app.py", "-app", "x")
    assert printed == f"{remote}/.COMPSsApps/far/mine\n-g|app.py|-app|x|"
    monkeypatch.setenv("SLURM_JOB_NODELIST", os.uname().nodename)
    monkeypatch.setenv("SLURM_JOB_ID", "1")  # a job that was submitted here while it was the active one
    assert "does not exist" in do(capfd, "run", "nothing.py", code=1)


# What `pycompss` there says: a job that waits at first, and whose server then tells its address.
QUEUE = """#!/bin/bash
echo "$*" >>"$REMOTE/asked"
case "$2" in
submit) echo "Submitted batch job 12" ;;
status)
    if [ -e waited ]; then
        echo SUCCESS:STATE
        echo "A notebook server starts on node7; …" >compss-12.out
        echo "    http://127.0.0.1:8888/lab?token=abc" >compss-12.err
    else
        echo SUCCESS:PENDING
        touch waited
    fi ;;
esac
"""
# The tunnel: listens where it shall, and ends.
TUNNEL = """
if [ "$1" = -N ]; then
    exec python3 -c 'import socket, sys
with socket.create_server(("127.0.0.1", int(sys.argv[1].split(":")[0]))) as server: server.accept()' "$5"
fi
"""


def test_a_notebook_server_elsewhere_is_a_job_with_a_tunnel_to_it(
    remote: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_jupyter, "PERIOD", 0.02)
    (remote / "bin/pycompss").write_text(QUEUE.replace("STATE", "RUNNING"))
    (remote / "bin/pycompss").chmod(0o755)
    ssh = remote.parent / "commands/ssh"
    first, _, rest = SSH.partition("\n")
    ssh.write_text(f'{first}\necho "$*" >>"$NOTES"{TUNNEL}{rest}')
    enter(capfd)
    said = do(capfd, "jupyter", "--exec_time=60", "notebooks").splitlines()
    assert said[:3] == ["Job submitted: 12", "Waiting for jupyter to start...", "Connection established..."]
    port = re.fullmatch(r"http://localhost:(\d+)/lab\?token=abc", said[3])
    assert port
    assert said[4:] == ["Ready to work!", "To force quit: CTRL + C"]
    tunnel = f"-L {port[1]}:localhost:8888 -J me@login.site:2222 -- me@node7"
    assert tunnel in (remote / "notes").read_text()
    asked = (remote / "asked").read_text().splitlines()
    assert asked[0] == "job submit --exec_time=60 --jupyter_notebook=notebooks"
    assert asked[-1] == "job cancel 12"


def test_a_notebook_server_that_does_not_start_is_told_with_its_last_words(
    remote: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (remote / "bin/pycompss").write_text(QUEUE.replace("STATE", "FAILED").replace("127.0.0.1:8888", "nowhere"))
    (remote / "bin/pycompss").chmod(0o755)
    (remote / "waited").touch()
    enter(capfd)
    told = do(capfd, "jupyter", code=1)
    assert "job 12 ended before jupyter had started: SUCCESS:FAILED" in told
    assert "http://nowhere/lab?token=abc" in told


DOCKER = """#!/bin/sh
echo "$*" >>"$NOTES"
case "$1" in
image) exit 1 ;;
build) cat >>"$NOTES" ;;
exec) while [ "$1" != sh ]; do shift; done; exec sh -c "cd() { :; }; $3" ;;
esac
"""


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The notes of a stand-in for docker, whose containers are this machine."""
    commands, notes = tmp_path / "docker", tmp_path / "docker-notes"
    commands.mkdir()
    (commands / "docker").write_text(DOCKER)
    (commands / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", f"{commands}:{os.path.dirname(sys.executable)}:{os.environ['PATH']}")
    monkeypatch.setenv("NOTES", str(notes))
    return notes


def test_without_an_image_one_is_made(docker: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    do(capfd, "init", "-n", "box", "docker", "-w", str(tmp_path), "--options=--gpus all")
    noted = docker.read_text()
    python = f"FROM python:3.{sys.version_info[1]}-slim"
    assert re.search(rf"build --tag (localhost/purecompss:\S+) -\n{python}\nRUN pip install .*purecompss", noted)
    name = f"pycompss-{os.getuid()}-box"
    assert f"run --detach --name {name} --volume {tmp_path}:/home/user --workdir /home/user" in noted
    assert "--gpus all --entrypoint sh localhost/purecompss:" in noted
    do(capfd, "use", "box")
    assert do(capfd, "exec", "printf", "%s|", "a b", "$HOME") == "a b|$HOME|"
    do(capfd, "env", "remove", "box")
    assert docker.read_text().endswith(f"rm --force {name}\n")


def test_an_image_without_runcompss_is_no_environment(
    docker: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}/docker:/bin")
    told = do(capfd, "init", "-n", "box", "docker", "-i", "some/image", code=1)
    assert "the image some/image has no runcompss" in told
    assert "RUN pip install purecompss" in told
    assert len(do(capfd, "envs").splitlines()) == 1
    assert "rm --force" in docker.read_text()


def test_words_are_the_same_after_two_shells() -> None:
    assert Environment("x", login="h").place == Place("h")
    assert Place("h").words("echo 'a b'")[-1] == """bash -lc 'echo '"'"'a b'"'"''"""
