"""Notebooks that are run in a real kernel, as a user would: `jupyter execute`, in a process of its own."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.launch import REPOSITORY, Launcher, Result

START = """
import time
import pycompss.interactive as ipycompss
from pycompss.api.api import compss_barrier, compss_wait_on
from pycompss.api.parameter import INOUT
from pycompss.api.task import task
ipycompss.start(graph=True, monitor=100)
"""


_TWO = {"PYCOMPSS_WORKERS": "2", "JUPYTER_PATH": str(REPOSITORY / "src/pycompss/interactive/jupyter")}


@dataclass(frozen=True)
class Cell:
    """What a cell showed. html: of what was displayed, at the end of the notebook; pictures: PNGs."""

    text: str
    value: str
    html: str
    error: str
    pictures: int


def execute(launcher: Launcher, cells: Sequence[str] | Path, kernel: str = "python3") -> tuple[list[Cell], Result]:
    """Run a notebook to its end, whatever its cells raise; of a kernel that dies there are no cells."""
    pytest.importorskip("nbclient", reason="pip install 'purecompss[test]'")
    source = json.loads(cells.read_text()) if isinstance(cells, Path) else notebook(cells)
    path = launcher.root / f"notebook{launcher.runs}.ipynb"
    path.write_text(json.dumps(source))
    program = Path(sys.executable).parent / "jupyter-execute"
    words = ["--inplace", "--allow-errors", "--timeout=90", f"--kernel_name={kernel}"]
    result = launcher.command(program, path, *words, env=_TWO, timeout=110)
    return _read(path) if result.returncode == 0 else [], result


def notebook(cells: Sequence[str]) -> dict[str, Any]:
    """In the format of Jupyter."""
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    code = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
    listed = [{**code, "id": f"cell{number}", "source": cell.strip()} for number, cell in enumerate(cells)]
    return {"cells": listed, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def _read(path: Path) -> list[Cell]:
    executed = json.loads(path.read_text())
    widgets = executed["metadata"].get("widgets", {}).get("application/vnd.jupyter.widget-state+json", {})
    state = widgets.get("state", {})
    return [_cell(cell["outputs"], state) for cell in executed["cells"] if cell["cell_type"] == "code"]


def _cell(outputs: Sequence[Mapping[str, Any]], state: Mapping[str, Any]) -> Cell:
    data = [output.get("data", {}) for output in outputs]
    models = [item["application/vnd.jupyter.widget-view+json"]["model_id"] for item in data if _WIDGET in item]
    return Cell(
        text="".join("".join(output["text"]) for output in outputs if output["output_type"] == "stream"),
        value="".join("".join(o["data"]["text/plain"]) for o in outputs if o["output_type"] == "execute_result"),
        html="".join("".join(item.get("text/html", "")) for item in data) + "".join(_live(m, state) for m in models),
        error="\n".join("\n".join(output["traceback"]) for output in outputs if output["output_type"] == "error"),
        pictures=sum("image/png" in item for item in data),
    )


_WIDGET = "application/vnd.jupyter.widget-view+json"


def _live(model: str, state: Mapping[str, Any]) -> str:
    """The HTML in a widget and those inside it."""
    values = state.get(model, {}).get("state", {})
    inner = "".join(_live(child.removeprefix("IPY_MODEL_"), state) for child in values.get("children", ()))
    return str(values.get("value", "")) + inner
