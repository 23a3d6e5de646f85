"""Tasks that are programs end with their task, worker, fork server or program, and so does all that they started."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable

import pytest

from tests.faults.watched import Watched, await_gone, has_gone
from tests.support import engines
from tests.support.launch import Result
from tests.support.rendezvous import mark

PRELUDE = """\
import os, time
from pycompss.api.task import task
from pycompss.api.binary import binary
from pycompss.api.api import TaskGroup, compss_barrier, compss_cancel_group, compss_wait_on
from tests.support.rendezvous import await_mark, await_true, mark, note, notes

# A child, one in a session of its own, and one without a parent; `up` holds their numbers.
FAMILY = '''
sleep 1001 & a=$!
setsid sleep 1002 & b=$!
c=$(sh -c 'setsid sleep 1003 >/dev/null 2>&1 & echo $!')
echo $$ $a $b $c > HOME/up.new; mv HOME/up.new HOME/up
'''
PATIENT = FAMILY + "wait"
STUBBORN = "trap '' TERM;" + FAMILY + "while :; do sleep 1; done"
POLITE = "trap 'echo got TERM > HOME/told; exit 0' TERM;" + FAMILY + "wait"

def gone(pids):
    def is_there(pid):
        try:
            with open(f"/proc/{pid}/stat") as file:
                return file.read().rpartition(")")[2].split()[0] != "Z"
        except OSError:
            return False
    await_true(lambda: not any(map(is_there, pids)), f"the end of {pids} did not come")

def family():
    return [int(pid) for pid in await_mark("up").split()]

@task(returns=1)
def zombies():
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat") as file:
                state, parent = file.read().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if state == "Z" and int(parent) == os.getpid():
            found.append(int(pid))
    return found
"""


def source(script: str, body: str, options: str = "") -> str:
    return f"""{PRELUDE}
@binary(binary="bash", args="-c {{{{script}}}}")
@task({options})
def runs(script):
    pass

script = {script}.replace("HOME", os.getcwd())
{body}
"""


TOLD = """\
runs(script)
pids = family()
try:
    compss_barrier()
except Exception as error:
    print("told:", error)
gone(pids)
print("zombies", compss_wait_on(zombies()))
"""


@pytest.mark.parametrize("script", ["PATIENT", "STUBBORN"])
def test_a_time_out_ends_the_whole_family(run: Callable[..., Result], script: str) -> None:
    result = run(source(script, TOLD, "time_out=1, on_failure='FAIL'"), workers=1).succeeded()
    assert "ran longer than its time_out" in result.stdout
    assert "zombies []" in result.stdout
    assert "subprocess.py" not in result.stderr  # how we wait is of no interest


def test_a_program_that_is_cancelled_gets_sigterm_first(run: Callable[..., Result]) -> None:
    body = """
with TaskGroup("g", False):
    runs(script)
pids = family()
compss_cancel_group("g")
print(await_mark("told"))
gone(pids)
print("zombies", compss_wait_on(zombies()))
"""
    result = run(source("POLITE", body), workers=1).succeeded()
    assert result.stdout.split() == ["got", "TERM", "zombies", "[]"]


def test_a_stubborn_program_that_is_cancelled_is_killed(run: Callable[..., Result]) -> None:
    body = """
with TaskGroup("g", False):
    runs(script)
pids = family()
compss_cancel_group("g")
gone(pids)
print("zombies", compss_wait_on(zombies()))
"""
    assert "zombies []" in run(source("STUBBORN", body), workers=1).succeeded().stdout


RUNNING = source("PATIENT", "runs(script)\ncompss_barrier()", "on_failure='FAIL'")


def family(program: Watched) -> list[int]:
    return [int(pid) for pid in program.reached("up").split()]


def test_programs_do_not_survive_their_worker(watch: Callable[..., Watched]) -> None:
    program = watch(RUNNING, workers=1)
    pids = family(program)
    for worker in program.workers():
        os.kill(worker.pid, signal.SIGKILL)
    result = program.ended()
    assert result.returncode == 1
    assert "SIGKILL" in result.stderr
    assert all(map(has_gone, pids))


def test_programs_do_not_survive_the_program(watch: Callable[..., Watched]) -> None:
    program = watch(RUNNING, workers=1)
    pids = family(program)
    program.send(signal.SIGKILL)
    program.ended()
    for pid in pids:
        await_gone(pid)


def test_programs_do_not_survive_ctrl_c(watch: Callable[..., Watched]) -> None:
    program = watch(RUNNING, workers=1)
    pids = family(program)
    program.interrupt()
    program.ended()
    for pid in pids:
        await_gone(pid)


def test_programs_do_not_survive_the_fork_server(watch: Callable[..., Watched]) -> None:
    program = watch(RUNNING, workers=1)
    pids = family(program)
    os.kill(program.fork_server().pid, signal.SIGKILL)
    assert program.ended().returncode == 1
    for pid in pids:
        await_gone(pid)


ASIDE = f"""{PRELUDE}
from pycompss.api.epilog import epilog
from pycompss.api.prolog import prolog

@DECORATOR(binary="bash", args="-c {{{{script}}}}", fail_by_exit_value=True)
@task(time_out=1, on_failure="FAIL")
def runs(script):
    mark("ran")

script = STUBBORN.replace("HOME", os.getcwd())
home = os.getcwd()
{TOLD}"""


@pytest.mark.parametrize("decorator", ["prolog", "epilog"])
def test_a_time_out_ends_what_runs_before_and_after_a_task(run: Callable[..., Result], decorator: str) -> None:
    result = run(ASIDE.replace("DECORATOR", decorator), workers=1).succeeded()
    assert "ran longer than its time_out" in result.stdout
    assert "zombies []" in result.stdout


RUDE = {
    "closes its streams": ("exec <&- >&- 2>&-; exit 3", "ended with exit code 3"),
    "leaves somebody with its output": ("sleep 1001 & exit 3", "ended with exit code 3"),
    "writes without end of line": ("head -c 100000000 /dev/zero; exit 3", "ended with exit code 3"),
    "stops for good": ("kill -STOP $$", "ran longer than its time_out"),
    "kills its whole group": ("kill -KILL 0", "was ended by SIGKILL"),
    "ends by a signal of real time": ("kill -40 $$", "was ended by signal 40"),
}


def test_rude_programs_are_told_and_leave_nothing(run: Callable[..., Result]) -> None:
    """Nobody waits for who is not the program itself, and no output is read into memory."""
    scripts = {name: script for name, (script, _) in RUDE.items()}
    body = f"""
import resource
@task(returns=1)
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

before = compss_wait_on(peak())
for name, script in {scripts!r}.items():
    try:
        runs(script)
        compss_barrier()
        print(name, "was fine")
    except Exception as error:
        print(name, "-", " ".join(str(error).split())[:2000])
print("zombies", compss_wait_on(zombies()), "grew", compss_wait_on(peak()) - before < 50_000)
"""
    result = run(source("''", body, "time_out=2, on_failure='FAIL'"), workers=1).succeeded()
    *told, last = result.stdout.splitlines()
    for line, (name, (_, how)) in zip(told, RUDE.items(), strict=True):
        assert line.startswith(name)
        assert how in line
    assert last == "zombies [] grew True"


CONTAINED = f"""{PRELUDE}
from pycompss.api.container import container
from tests.support import engines
engines.make(__import__("pathlib").Path.cwd(), "docker")
os.environ["PATH"] = os.getcwd() + "/bin:" + os.environ["PATH"]

@container(engine="docker", image="image:1")
@binary(binary="bash", args="-c {{{{script}}}}")
@task(on_failure="FAIL", time_out=TIME_OUT)
def runs(script):
    pass

runs(PATIENT.replace("HOME", os.getcwd()))
compss_barrier()
"""


def test_a_container_ends_with_its_task(watch: Callable[..., Watched]) -> None:
    program = watch(CONTAINED.replace("TIME_OUT", "1"), workers=1)
    family(program)
    assert program.ended().returncode == 1
    begin, ending = engines.calls(program.folder)
    assert ending == ["docker", "rm", "--force", begin[3].removeprefix("--name=")]


def test_a_container_ends_with_its_worker(watch: Callable[..., Watched]) -> None:
    """The service would go on with it; the fork server finds how to end it beside the task's sandbox."""
    program = watch(CONTAINED.replace("TIME_OUT", "0"), workers=1)
    family(program)
    program.send(signal.SIGKILL)
    program.ended()
    begin, ending = engines.calls(program.folder)
    assert ending == ["docker", "rm", "--force", begin[3].removeprefix("--name=")]


def test_what_a_program_leaves_in_the_background_ends_with_the_run(watch: Callable[..., Watched]) -> None:
    program = watch(source("FAMILY", "runs(script)\ncompss_barrier()\nmark('done')\nawait_mark('go')"), workers=1)
    pids = family(program)
    program.reached("done")
    mark(program.folder / "go")
    assert program.ended().returncode == 0
    for pid in pids[1:]:
        await_gone(pid)


DETACHING = """
import subprocess, sys

@task()
def detaches():
    a = subprocess.Popen(["sleep", "1001"], start_new_session=True)  # a child of the worker, in a session of its own
    environment = {"PATH": os.environ["PATH"]}
    script = "setsid sleep 1002 >/dev/null 2>&1 & echo $!"  # without a parent, and nothing says whose it was
    b = subprocess.run(["sh", "-c", script], env=environment, capture_output=True, check=True).stdout.split()[0]
    child = os.fork()  # a daemon that is no program of its own
    if not child:
        os.setsid()
        grandchild = os.fork()
        if not grandchild:
            note("daemon", str(os.getpid()))
            time.sleep(1003)
        os._exit(0)
    os.waitpid(child, 0)
    mark("up", f"{a.pid} {b.decode()} {await_mark('daemon')}")

detaches()
compss_barrier()
mark("done")
await_mark("go")
"""


def detached(program: Watched) -> list[int]:
    program.reached("done")
    pids = [int(pid) for pid in program.reached("up").split()]
    assert all(os.path.exists(f"/proc/{pid}") for pid in pids)
    return pids


def test_what_a_python_task_has_detached_lives_as_long_as_the_run(watch: Callable[..., Watched]) -> None:
    program = watch(PRELUDE + DETACHING, workers=1)
    pids = detached(program)
    mark(program.folder / "go")
    assert program.ended().returncode == 0
    for pid in pids:
        await_gone(pid)


def test_what_a_python_task_has_detached_does_not_survive_the_program(watch: Callable[..., Watched]) -> None:
    program = watch(PRELUDE + DETACHING, workers=1)
    pids = detached(program)
    program.send(signal.SIGKILL)
    program.ended()
    for pid in pids:
        await_gone(pid)


def test_a_worker_that_lost_its_program_goes_on_with_the_next(run: Callable[..., Result]) -> None:
    body = """
@binary(binary="sh", args="-c 'kill -9 $PPID'")
@task(on_failure="IGNORE")
def kills_its_worker():
    pass

@binary(binary="true")
@task(returns=int)
def fine():
    pass

kills_its_worker()
print([compss_wait_on(fine()) for _ in range(3)])
"""
    result = run(PRELUDE + body, workers=1).succeeded()
    assert "[0, 0, 0]" in result.stdout
    assert re.search("kills_its_worker.*failed", result.stderr)
