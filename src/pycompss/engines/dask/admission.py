"""Whether a worker becomes a node: what it is asked, and what it is told when it opens its session.

A node of our own that sees none of the program's folders may take part all the same, if its tasks work on its own disk:
then it stands apart, and files and code are brought to it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Protocol
from urllib.parse import urlsplit

from pycompss.engines.dask import greeting, transfers
from pycompss.engines.dask.clusters import Member
from pycompss.engines.dask.connections import Handler, fill, pour
from pycompss.engines.dask.opening import Opening, Session, Share
from pycompss.engines.local import workplace


class Asks(Protocol):
    async def greet(
        self, address: str, paths: list[str], working_dir: str, packages: list[str], patience: float
    ) -> dict[str, Any]: ...


class Admission:
    """program: the address at which files of the program can be had."""

    def __init__(self, opening: Opening) -> None:
        self._opening = opening
        self._packages = greeting.packages_of(opening.terms.imports)
        self._versions = greeting.versions(self._packages)
        self._remarks: list[str] = []
        self._remarked: set[str] = set()  # versions
        self._apart: set[str] = set()  # addresses
        self.program = ""

    def share_of(self, address: str, member: Member) -> Share | None:
        """What a worker of an existing cluster offers; None: all of its machine."""
        if not self._opening.scheduler:
            return None
        offer = self._opening.offer
        name = member.name if "://" not in member.name else urlsplit(address).netloc
        return replace(
            offer, name=name, units=offer.units or member.threads, memory=offer.memory or member.memory or None
        )

    async def problem_of(self, connections: Asks, address: str, name: str, share: Share | None) -> str:
        """Why a worker cannot be used; empty if it can."""
        terms = self._opening.terms
        shared = dict(terms.shared)
        where = workplace.of_node(terms.working_dir, share.deployment.working_dir if share else "")
        may_stand_apart = where != workplace.SHARED and not self._opening.scheduler
        patience = greeting.HURRY if may_stand_apart else greeting.PATIENCE
        said = await connections.greet(address, list(shared), where, self._packages, patience)
        if said["missing"] and may_stand_apart:
            self._apart.add(address)
            said["missing"] = []
        problem = greeting.problem(name, self._versions, said, shared, where, self._packages)
        theirs = repr(said["versions"])
        if not problem and theirs not in self._remarked:
            self._remarked.add(theirs)
            self._remarks.append(greeting.remark(name, self._versions, said, self._packages))
        return problem

    def remarks(self) -> list[str]:
        """On the workers so far, and no others that say the same."""
        told, self._remarks = [remark for remark in self._remarks if remark], []
        return told

    def session(self, address: str, node: int, share: Share | None) -> Session:
        opening = self._opening
        return Session(
            opening.terms,
            node,
            share,
            opening.silence,
            is_guest=bool(opening.scheduler),
            is_apart=address in self._apart,
            program=self.program,
        )

    def handlers(self) -> dict[str, Handler]:
        """For nodes that stand apart. In clusters of others, where not only our nodes may ask, there are none."""
        if self._opening.scheduler:
            return {}
        terms = self._opening.terms
        return {
            transfers.FETCH: transfers.giver(lambda: bool(self._apart), pour),
            transfers.STORE: transfers.taker((terms.temporary, terms.folder), fill),
        }
