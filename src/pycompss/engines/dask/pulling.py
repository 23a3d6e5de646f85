"""Copying a value from one of the nodes that have it, whatever becomes of them meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Protocol

from pycompss.engines.dask.numbering import PROGRAM
from pycompss.store.descriptor import Range


class Missing(Exception):  # noqa: N818
    """None of the nodes that should have a value gave it."""


class Pulls(Protocol):
    """Connections to whoever has values."""

    async def pull(self, address: str, run: str, key: Any, into: memoryview) -> None: ...


class Pulling:
    """addresses: of all nodes and of the program. broken: what connections raise that break."""

    def __init__(self, run: str, connections: Pulls, broken: tuple[type[BaseException], ...]) -> None:
        self.addresses: dict[int, str] = {}
        self._run = run
        self._connections = connections
        self._broken: tuple[type[BaseException], ...] = (KeyError, *broken)
        self._under_way: dict[asyncio.Task[None], int] = {}

    def lost(self, node: int) -> None:
        """Nothing comes from there any more."""
        self.addresses.pop(node, None)
        for pull, source in self._under_way.items():
            if source == node:
                pull.cancel()

    async def pull(self, key: Range, nodes: Sequence[int], into: memoryview) -> int:
        """Fill `into` from the first node that gives the value, and tell which that was. Raises Missing."""
        reasons = []
        for node in nodes:
            try:
                await self._from(node, key, into)
            except self._broken as error:
                reasons.append(f"{'the program' if node == PROGRAM else f'node {node}'}: {error!r}")
            else:
                return node
        raise Missing("; ".join(reasons) or "no node has it")

    async def _from(self, node: int, key: Range, into: memoryview) -> None:
        address = self.addresses[node]
        pull = asyncio.get_running_loop().create_task(self._connections.pull(address, self._run, key, into))
        self._under_way[pull] = node
        try:
            await pull
        except asyncio.CancelledError:
            if node in self.addresses:  # it is we who are not wanted any more
                pull.cancel()
                raise
            raise KeyError(node) from None
        finally:
            del self._under_way[pull]
