"""The run in the text format of Prometheus."""

from __future__ import annotations

from collections.abc import Iterator

from pycompss.observe.records import STAGES, Stage
from pycompss.observe.runview import RunView

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def text(view: RunView) -> str:
    return "".join(f"{line}\n" for line in _lines(view))


def _lines(view: RunView) -> Iterator[str]:
    yield from _head("pycompss_tasks", "gauge", "Tasks by type and stage")
    for kind in view.types.values():
        for stage in STAGES:
            labels = _labels(type=kind.name, stage=stage.name.lower())
            yield f"pycompss_tasks{labels} {kind.stages[stage]}"
    yield from _head("pycompss_task_seconds", "summary", "Time in the code of finished tasks")
    for kind in view.types.values():
        labels = _labels(type=kind.name)
        yield f"pycompss_task_seconds_sum{labels} {kind.total}"
        yield f"pycompss_task_seconds_count{labels} {kind.stages[Stage.FINISHED]}"
    yield from _head("pycompss_retries_total", "counter", "Attempts that failed and were repeated")
    yield f"pycompss_retries_total {view.retries}"
    yield from _head("pycompss_node_units", "gauge", "Computing units of a node")
    yield from (f"pycompss_node_units{_labels(node=node.name)} {node.units}" for node in view.nodes.values())
    yield from _head("pycompss_node_running", "gauge", "Tasks that run on a node")
    yield from (f"pycompss_node_running{_labels(node=node.name)} {node.running}" for node in view.nodes.values())
    yield from _head("pycompss_stored_bytes", "gauge", "Bytes of values in shared memory")
    yield f"pycompss_stored_bytes {view.stored}"
    yield from _head("pycompss_spilled_bytes_total", "counter", "Bytes that were spilled to disk")
    yield f"pycompss_spilled_bytes_total {view.to_disk[1]}"
    yield from _head("pycompss_run_ended", "gauge", "1 when the run is over")
    yield f"pycompss_run_ended {int(view.ended is not None)}"


def _head(name: str, kind: str, says: str) -> tuple[str, str]:
    return f"# HELP {name} {says}", f"# TYPE {name} {kind}"


def _labels(**labels: str) -> str:
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
