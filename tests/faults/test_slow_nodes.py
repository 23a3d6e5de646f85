"""A node that is much slower than the others, as when somebody else uses it, too."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.launch import Result

PROGRAM = """\
import os, signal, threading, time
import psutil
from pycompss.api.api import compss_wait_on
from pycompss.api.task import task

@task(returns=2)
def whoami():
    return os.environ["COMPSS_NODES"], psutil.Process(os.getppid()).ppid()

@task(returns=1)
def work(seconds, i):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
    return os.environ["COMPSS_NODES"], i

def slow_down(pid):
    agent = psutil.Process(pid)
    pids = [pid, *(child.pid for child in agent.children(recursive=True))]
    while True:
        for number, seconds in ((signal.SIGSTOP, 0.19), (signal.SIGCONT, 0.01)):
            if number == signal.SIGSTOP and is_over.is_set():
                return
            for pid in pids:
                os.kill(pid, number)
            time.sleep(seconds)

agents, is_over = {}, threading.Event()
while len(agents) < 2:
    agents.update(compss_wait_on([[name, pid] for name, pid in [whoami() for _ in range(8)]]))
compss_wait_on([work(0.001, i) for i in range(20)])
thread = threading.Thread(target=slow_down, args=(agents["localhost-1"],))
thread.start()
for seconds, count in ((0.01, 150), (0.0005, 2000)):  # alone, and in bundles
    results = compss_wait_on([work(seconds, i) for i in range(count)])
    print([i for _, i in results] == list(range(count)), 2 * [name for name, _ in results].count("localhost-1") < count)
is_over.set()
thread.join()
"""


def test_a_slow_node_gets_less_to_do(run: Callable[..., Result]) -> None:
    """It has a twentieth of its time."""
    result = run(PROGRAM, engine="dask").succeeded()
    assert result.stdout == "True True\nTrue True\n"
    assert result.stderr == ""
