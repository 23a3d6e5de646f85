"""A notebook in real JupyterLab, which `pycompss jupyter` starts, in real Chromium."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.browser import browser
from tests.support.launch import REPOSITORY, clean_environment

__all__ = ["browser"]
MOST = 45_000  # ms that a page may take
ARGUMENTS = "--no-browser --port=0 --ip=127.0.0.1 --allow-root --LabApp.news_url=".split()


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[str]:
    """Address of a server whose folder holds an example."""
    pytest.importorskip("jupyterlab", reason="pip install 'purecompss[jupyter]'")
    shutil.copy(REPOSITORY / "examples/notebooks/kmeans.ipynb", tmp_path)
    settings = tmp_path / "settings/@jupyterlab/notebook-extension/tracker.jupyterlab-settings"
    settings.parent.mkdir(parents=True)
    settings.write_text('{"windowingMode": "none"}')  # cells that are not in sight are there, too
    environment = clean_environment(tmp_path / "home", tmp_path / "logs")
    with open(tmp_path / "server.log", "w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "pycompss", "jupyter", *ARGUMENTS],
            cwd=tmp_path,
            env={**environment, "PYCOMPSS_WORKERS": "2", "JUPYTERLAB_SETTINGS_DIR": str(tmp_path / "settings")},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield _address(tmp_path / "server.log").replace("/lab?", "/lab/tree/kmeans.ipynb?")
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)


def _address(log: Path) -> str:
    """What the server says that it is, once it answers there."""
    deadline = time.monotonic() + MOST / 1000
    while time.monotonic() < deadline:
        found = re.search(r"http://127\.0\.0\.1:(\d+)/lab\?token=\w+", log.read_text())
        if found:
            with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", int(found[1]))):
                return found[0]
        time.sleep(0.05)
    pytest.fail(log.read_text())


@pytest.mark.leaks("Chromium keeps processes for the next page; what is left of the module is looked at")
@pytest.mark.timeout(150)
def test_an_example_runs_in_jupyterlab(lab: str, browser: Any, tmp_path: Path) -> None:
    page = browser.pages[0]
    page.goto(lab)
    page.wait_for_selector(".jp-NotebookPanel .jp-CodeCell", timeout=MOST)
    page.wait_for_selector("text=/\\| Idle$/", timeout=MOST)  # before that it would ask which kernel
    page.click("text=Run", timeout=MOST)
    page.click(".lm-Menu-itemLabel:text-is('Run All Cells')", timeout=MOST)
    page.wait_for_selector(".jp-RenderedImage img", timeout=MOST, state="attached")
    outputs = page.locator(".jp-OutputArea")
    assert "STOPPING PyCOMPSs" in "".join(outputs.all_inner_texts())
    assert outputs.locator("svg[role=img] circle").count() >= 10
    assert "__main__.partial_sums" in outputs.locator("table").first.inner_text()
    assert outputs.locator("[role=progressbar]").first.get_attribute("aria-valuenow") == "100"
    start_by_the_menu(page)
    make_a_task_by_the_menu(page)


def choose(page: Any, *labels: str) -> None:
    """In the menu of purecompss."""
    page.click(".lm-MenuBar-itemLabel:text-is('COMPSs')")
    for label in labels:
        page.click(f".lm-Menu-itemLabel:text-is('{label}')")


def start_by_the_menu(page: Any) -> None:
    """A dialog makes a cell that starts the runtime; a panel beside the notebook shows the run."""
    choose(page, "Start runtime…")
    page.fill("#purecompss-app_name", "by_menu")
    page.click(".jp-Dialog button.jp-mod-accept")
    page.wait_for_selector(".jp-OutputArea :text('by_menu_01')", timeout=MOST)
    choose(page, "Show", "Statistics")
    page.wait_for_selector(".purecompss-panel :text('depth of the graph')", timeout=MOST)
    with page.context.expect_page() as opened:
        choose(page, "Open monitor")
    opened.value.wait_for_selector("#application:has-text('by_menu')", timeout=MOST)
    base, _, rest = opened.value.url.partition("/purecompss/monitor/")  # through the Jupyter server
    assert rest
    answer = page.context.request.get(f"{base}/purecompss/monitor/22/")  # of no run
    assert answer.status == 404
    opened.value.close()


def make_a_task_by_the_menu(page: Any) -> None:
    """A dialog asks for the parameters of the function under the cursor and writes the decorator."""
    text = page.locator(".jp-Notebook .jp-mod-active .cm-content")
    text.click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(
        "class A:\n    def f(self, a, b=(1, 2),  # it's\n          *, c: 'x, y' = {3: 4}):\n        return a\n\nx = 5"
    )
    page.keyboard.press("ArrowUp")  # before the line outside of it
    page.keyboard.press("ArrowUp")
    choose(page, "Make this function a task…")
    assert page.locator(".jp-Dialog select").count() == 3
    page.select_option("#purecompss-b", "INOUT")
    page.click(".jp-Dialog button.jp-mod-accept")
    page.wait_for_selector(".jp-Dialog", state="detached")
    lines = text.inner_text().split("\n")
    assert "    @task(b=INOUT, returns=1)" in lines
    assert lines[:2] == ["from pycompss.api.task import task", "from pycompss.api.parameter import INOUT"]
