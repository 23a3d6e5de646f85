"""What surrounds the tasks of a run: its nodes, their types and what they ask for, and the memory that values take."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pycompss.core.events import Reader
from pycompss.observe.records import NodeRecord, TypeRecord


class Surroundings(Reader):
    """Nodes, types and memory of one run."""

    def __init__(self) -> None:
        self.application = ""
        self.began = self.now = 0.0  # seconds since the epoch: of the first and the last event
        self.types: dict[int, TypeRecord] = {}
        self.nodes: dict[str, NodeRecord] = {}
        self.places: list[tuple[float, int]] = []  # time, computing units of all nodes since then
        self.needs: dict[int, str] = {}  # what tasks ask of a node, in words
        self._units: dict[int | None, int] = {}  # … and how many computing units
        self.stored = self.most_stored = 0  # bytes of values
        self.to_disk = self.from_disk = (0, 0)  # how often a value, bytes
        self._sizes: dict[str, int] = {}

    # -- nodes, types, needs ------------------------------------------------------------------------------------------

    def run_started(self, time: float, application: str, nodes: Iterable[tuple[Any, ...]], *_rest: object) -> None:
        self.application = application
        self.began = self.now = time
        for node in nodes:
            self.node_joined(time, *node)

    def node_joined(
        self,
        time: float,
        name: str,
        units: int,
        memory: int | None,
        devices: Iterable[tuple[str, int]] = (),
        storage: float = 0.0,
        *_: object,
    ) -> None:
        self.now = time
        self.nodes[name] = NodeRecord(name, units, memory, dict(devices or ()), storage or 0.0)
        self._note_places()

    def node_left(self, time: float, name: str, reason: str, *_: object) -> None:
        self.now = time
        node = self._node(name)
        node.is_gone, node.reason = True, reason
        self._note_places()

    def _note_places(self) -> None:
        units = sum(node.units for node in self.nodes.values() if not node.is_gone)
        if self.places and self.places[-1][0] == self.now:
            self.places.pop()
        self.places.append((self.now, units))

    def type_registered(self, time: float, type_: int, name: str, *_: object) -> None:
        self.now = time
        self.types[type_] = TypeRecord(type_, name)

    def need_registered(self, _time: float, need: int, units: int, _memory: object, text: str, *_: object) -> None:
        self.needs[need] = text
        self._units[need] = units

    def used(self, node: NodeRecord) -> int:
        """Computing units of the tasks that run on a node."""
        return sum(self._units.get(queue[0].need, 1) for queue in node.slots.values())

    def _type(self, number: int) -> TypeRecord:
        found = self.types.get(number)
        if found is None:
            found = self.types[number] = TypeRecord(number, f"type {number}")
        return found

    def _node(self, name: str) -> NodeRecord:
        found = self.nodes.get(name)
        if found is None:
            found = self.nodes[name] = NodeRecord(name, 0)
        return found

    # -- memory -------------------------------------------------------------------------------------------------------

    def version_ready(self, time: float, label: str, size: int | None, *_: object) -> None:
        self.now = time
        self.stored += (size or 0) - self._sizes.get(label, 0)
        self._sizes[label] = size or 0
        self.most_stored = max(self.most_stored, self.stored)

    def version_freed(self, time: float, label: str, *_: object) -> None:
        self.now = time
        self.stored -= self._sizes.pop(label, 0)

    def spilled(self, time: float, _label: str, size: int, *_: object) -> None:
        self.now = time
        self.to_disk = self.to_disk[0] + 1, self.to_disk[1] + size

    def restored(self, time: float, _label: str, size: int, *_: object) -> None:
        self.now = time
        self.from_disk = self.from_disk[0] + 1, self.from_disk[1] + size
