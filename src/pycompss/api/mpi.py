"""`@mpi`: the task is an MPI program, or its body runs in every rank."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pycompss.api.kind import CHECKED, FOLDER, KindOfTask, number, optional_text, text, truth
from pycompss.core.layout import Layout
from pycompss.core.parameter import Kind
from pycompss.core.task import Definition
from pycompss.errors import PyCOMPSsException
from pycompss.runtime.places import shown

LAYOUT = "_layout"
LEGACY: Mapping[str, str] = {
    "workingDir": "working_dir",
    "computing_nodes": "processes",
    "computingNodes": "processes",
}


class Mpi(KindOfTask):
    """The decorator; stands above `@task`.

    runner: what starts MPI programs (mpirun, mpiexec, srun), and its flags. binary: the program; without, the body of
    the function runs in every rank. processes: how many ranks; scale_by_cu multiplies them by the computing units.
    processes_per_node: of them. `<parameter>_layout`: which elements of a collection each rank gets. For the others see
    `@binary`.
    """

    name = "mpi"
    mandatory: ClassVar = {"runner": text}
    optional: ClassVar = {
        "binary": optional_text,
        "processes": number,
        "processes_per_node": number,
        "scale_by_cu": truth,
        "flags": optional_text,
        "args": optional_text,
        **FOLDER,
        **CHECKED,
    }
    defaults: ClassVar = {"processes": 1, "scale_by_cu": False}
    legacy = LEGACY

    def accepts(self, name: str) -> bool:
        return name.endswith(LAYOUT)

    def note(self, definition: Definition) -> None:
        if not self.options.get("binary"):
            self.options.pop("binary", None)
        self.options["layouts"] = {
            name.removesuffix(LAYOUT): _layout(definition, name, given) for name, given in self.others.items()
        }
        super().note(definition)


def _layout(definition: Definition, name: str, given: object) -> Layout:
    """The layout of one parameter. Raises PyCOMPSsException, which names task, argument and line."""
    try:
        _check_parameter(definition, name.removesuffix(LAYOUT))
        return _read(given)
    except PyCOMPSsException as error:
        place = f"task {definition.name} ({definition.file}:{definition.line})"
        raise PyCOMPSsException(f"{place}, @mpi({name}={shown(given)}): {error.message}") from None


def _check_parameter(definition: Definition, name: str) -> None:
    is_known = name in definition.parameters or name in definition.keyword_only
    spec = definition.specs.get(name)
    if not is_known or spec is None or spec.kind not in {Kind.COLLECTION, Kind.COLLECTION_FILE}:
        raise PyCOMPSsException(f"{name!r} is no COLLECTION parameter of the task")
    if spec.direction.writes:
        raise PyCOMPSsException(f"a layout deals out what ranks read, and {name!r} is {spec.direction.name}")


def _read(given: object) -> Layout:
    if not isinstance(given, Mapping) or not given.keys() <= set(Layout.__dataclass_fields__):
        raise PyCOMPSsException("it is a dict with block_count, block_length and stride")
    if given and "block_count" not in given:
        raise PyCOMPSsException("block_count is mandatory beside others")
    return Layout(**{key: _positive(key, value) for key, value in given.items()})


def _positive(key: str, value: Any) -> int:
    text = value.strip() if isinstance(value, str) else value
    is_number = text.isdigit() if isinstance(text, str) else isinstance(text, int) and not isinstance(text, bool)
    if not is_number or int(text) < 1:
        raise PyCOMPSsException(f"{key} is a positive number")
    return int(text)


mpi = Mpi

__all__ = ["Mpi", "mpi"]
