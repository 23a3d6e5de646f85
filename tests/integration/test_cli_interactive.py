"""`pycompss.interactive` in real processes, and progress on a real terminal."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

from tests.support.launch import clean_environment

NOTEBOOK = """
    import pycompss.interactive as ipycompss
    from pycompss.api.task import task
    from pycompss.api.parameter import INOUT

    @task(returns=1)
    def add(a, b):
        return a + b

    @task(c=INOUT)
    def append(c, x):
        c.append(x)
"""


def notebook(cells: str) -> str:
    return textwrap.dedent(NOTEBOOK) + textwrap.dedent(cells)


def test_stopping_with_sync_leaves_values(run_program: Any) -> None:
    source = notebook("""
        ipycompss.start(graph=True)
        x = add(1, 2)
        several = [add(x, 1), 7]
        c = []
        append(c, "appended")
        untouched = [1]
        kept = untouched
        ipycompss.stop(sync=True)
        print(type(x).__name__, x, several, c, untouched is kept)
    """)
    lines = run_program(source).succeeded().stdout.splitlines()
    assert lines[-1] == "int 3 [4, 7] ['appended'] True"
    start = lines.index("* - Starting COMPSs runtime...")
    assert lines[start + 1].startswith("* - Log path : ")
    assert lines[start + 2] == "* - PyCOMPSs Runtime started... Have fun!"
    stop = lines.index("Synchronizing all future objects left on the user scope.")
    assert "STOPPING PyCOMPSs" in lines[stop - 2]
    assert lines[stop + 1 : stop + 4] == [f"Found a future object: {name}" for name in ("x", "several", "c")]


def test_the_log_path_is_the_folder_of_the_run(run_program: Any) -> None:
    result = run_program(notebook('ipycompss.start(app_name="mine", graph=True)\nadd(1, 2)\nipycompss.stop()'))
    folder = result.succeeded().run_folder
    assert f"* - Log path : {folder}\n" in result.stdout
    assert folder.name == "mine_01"
    assert (folder / "monitor" / "complete_graph.dot").exists()


def test_it_can_be_started_again(run_program: Any) -> None:
    source = notebook("""
        from pycompss.api.api import compss_wait_on
        for number in range(2):
            ipycompss.start()
            ipycompss.start()
            print("value", compss_wait_on(add(number, 10)))
            ipycompss.stop()
    """)
    result = run_program(source).succeeded()
    lines = result.stdout.splitlines()
    assert [line for line in lines if line.startswith("value")] == ["value 10", "value 11"]
    assert lines.count("The runtime is already running") == 2
    assert len(result.run_folders) == 2


def test_a_session_that_is_never_stopped_ends_with_the_program(run_program: Any) -> None:
    result = run_program(notebook("ipycompss.start()\nx = add(1, 2)")).succeeded()
    assert "Have fun!" in result.stdout


def test_a_hard_stop_does_not_wait(run_program: Any) -> None:
    source = notebook("""
        import time
        @task(returns=1)
        def endless():
            while True:
                time.sleep(0.01)
        ipycompss.start()
        x = endless()
        ipycompss.stop(_hard_stop=True)
        print("stopped")
    """)
    assert run_program(source).succeeded().stdout.splitlines()[-1] == "stopped"


def test_an_interrupted_stop_leaves_the_runtime_and_its_tasks(run_program: Any) -> None:
    source = notebook("""
        import os, signal, threading, time
        from pycompss.api.api import compss_wait_on
        os.mkfifo("begun")
        os.mkfifo("go on")
        @task(returns=1)
        def patient():
            open("begun", "w").close()
            with open("go on"):
                return "done"
        def interrupt():
            open("begun").close()
            os.kill(os.getpid(), signal.SIGINT)
        ipycompss.start()
        x = patient()
        threading.Thread(target=interrupt).start()
        try:
            ipycompss.stop(sync=False)
        except KeyboardInterrupt:
            open("go on", "w").close()
            print("value", compss_wait_on(x))
        ipycompss.stop()
    """)
    assert "value done\n" in run_program(source).succeeded().stdout


def test_xml_files_are_honoured(run_program: Any, tmp_path: Path) -> None:
    node = '<ComputeNode Name="{}"><Processor Name="P"><ComputingUnits>1</ComputingUnits></Processor></ComputeNode>'
    nodes = node.format("localhost") + node.format("127.0.0.1")
    (tmp_path / "resources.xml").write_text(f"<ResourcesList>{nodes}</ResourcesList>")
    (tmp_path / "project.xml").write_text(
        '<Project><MasterNode/><ComputeNode Name="localhost"/><ComputeNode Name="127.0.0.1"/></Project>'
    )
    source = notebook(f"""
        from pycompss.api.api import compss_get_number_of_resources
        folder = {str(tmp_path)!r}
        ipycompss.start(project_xml=folder + "/project.xml", resources_xml=folder + "/resources.xml")
        print("nodes", compss_get_number_of_resources())
        ipycompss.stop()
    """)
    assert "nodes 2\n" in run_program(source).succeeded().stdout


SLOW = """
    import os
    from pycompss.api.task import task
    from pycompss.api.api import compss_wait_on

    @task(returns=1)
    def until(path):
        while not os.path.exists(path):
            pass
        return 1

    if __name__ == "__main__":
        x = until("go")
        print("program says", compss_wait_on(x))
"""


def test_a_terminal_sees_progress_until_the_program_writes(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(textwrap.dedent(SLOW))
    terminal, its = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "app.py"], cwd=tmp_path, env=clean_environment(tmp_path, tmp_path), stdout=its, stderr=its
    )
    os.close(its)
    try:
        seen = b""
        while b"0 done" not in seen and (chunk := _read(terminal)):
            seen += chunk
        (tmp_path / "go").touch()
        while chunk := _read(terminal):
            seen += chunk
    finally:
        os.close(terminal)
        process.wait(timeout=30)
    assert process.returncode == 0, seen.decode()
    assert "tasks: 0 done · 1 running · 0 waiting" in seen.decode()
    assert seen.decode().endswith("\r\x1b[Kprogram says 1\r\n")


def _read(terminal: int) -> bytes:
    """What the program wrote; nothing when it has ended."""
    try:
        return os.read(terminal, 1024)
    except OSError:
        return b""
