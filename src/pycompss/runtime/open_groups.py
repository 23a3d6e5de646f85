"""Which task groups are open, and whose calls they take.

A group takes what is called in its body. So a group that the main thread opened takes the calls of all threads, which
may work for that body (a pool); one that another thread opened takes only the calls of this thread: others that are in
the same function have groups of their own, of the same name.
"""

from __future__ import annotations

import threading
from threading import get_ident

from pycompss.core.groups import Group


class OpenGroups:
    """The open groups of each thread, and groups by their names; every method is called under the run's lock."""

    __slots__ = ("_named", "of_all", "of_threads")

    def __init__(self) -> None:
        self.of_all: tuple[Group, ...] = ()  # of the main thread, outermost first
        self.of_threads: dict[int, tuple[Group, ...]] = {}  # of the others that have any
        self._named: dict[tuple[int, str], Group] = {}  # thread and name -> the last such group

    def here(self) -> tuple[Group, ...]:
        """Those that take what this thread calls: `of_all`, while only the main thread has any."""
        own = self.of_threads.get(get_ident(), ())
        return (*self.of_all, *own) if self.of_all else own

    def open(self, name: str) -> None:
        """Calls of this thread belong to a new group of this name from now on."""
        group = self._named[get_ident(), name] = Group(name)
        self._set((*self._own(), group))

    def close(self, name: str) -> None:
        """The innermost open group of this name takes no more calls."""
        own = self._own()
        group = next((group for group in reversed(own) if group.name == name), None)
        if group is not None:
            group.closed = True
            self._set(tuple(other for other in own if other is not group))

    def named(self, name: str) -> Group | None:
        """The last group of this name that this thread opened; if there is none, that of another thread."""
        own = self._named.get((get_ident(), name))
        return own or next((group for (_, of), group in reversed(self._named.items()) if of == name), None)

    def forget(self, group: Group) -> None:
        """Its name no longer finds it."""
        key = get_ident(), group.name
        if self._named.get(key) is not group:
            key = next((key for key, other in self._named.items() if other is group), key)
        if self._named.get(key) is group:
            del self._named[key]

    def _own(self) -> tuple[Group, ...]:
        return self.of_all if _is_main() else self.of_threads.get(get_ident(), ())

    def _set(self, own: tuple[Group, ...]) -> None:
        if _is_main():
            self.of_all = own
        elif own:
            self.of_threads[get_ident()] = own
        else:
            self.of_threads.pop(get_ident(), None)


def _is_main() -> bool:
    return threading.current_thread() is threading.main_thread()
