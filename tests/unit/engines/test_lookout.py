"""Which sockets have something to say: the kernel's own answer, and what other systems have for it."""

from __future__ import annotations

import select
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from pycompss.engines.local.lookout import READ, WRITE, EpollLookout, SelectorLookout

KINDS: list[Any] = [SelectorLookout]
if hasattr(select, "epoll"):
    KINDS.append(EpollLookout)


@pytest.fixture(params=KINDS)
def lookout(request: Any) -> Iterator[Any]:
    made = request.param()
    yield made
    made.close()


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    pair = socket.socketpair()
    yield pair
    for end in pair:
        end.close()


def test_what_somebody_said_is_told_until_it_is_read(lookout: Any, ends: Any) -> None:
    ours, theirs = ends
    lookout.add(ours.fileno(), "they")
    assert lookout.look(0.0) == []
    theirs.send(b"x")
    for _ in range(2):
        assert lookout.look(1.0) == [(ours.fileno(), READ)]
    assert lookout.speakers[ours.fileno()] == "they"
    ours.recv(1)
    assert lookout.look(0.0) == []


def test_room_for_writing_is_told_only_to_those_who_want_it(lookout: Any, ends: Any) -> None:
    ours, theirs = ends
    lookout.add(ours.fileno(), "they")
    lookout.want_write(ours.fileno(), wanted=True)
    assert lookout.look(1.0) == [(ours.fileno(), WRITE)]
    theirs.send(b"x")
    assert lookout.look(1.0) == [(ours.fileno(), READ | WRITE)]
    lookout.want_write(ours.fileno(), wanted=False)
    assert lookout.look(1.0) == [(ours.fileno(), READ)]


def test_an_end_that_is_gone_counts_as_readable(lookout: Any, ends: Any) -> None:
    ours, theirs = ends
    lookout.add(ours.fileno(), "they")
    theirs.close()
    [(fd, mask)] = lookout.look(1.0)
    assert fd == ours.fileno()
    assert mask & READ


def test_what_was_removed_is_not_looked_at(lookout: Any, ends: Any) -> None:
    ours, theirs = ends
    lookout.add(ours.fileno(), "they")
    theirs.send(b"x")
    for _ in range(2):  # the second time it is not there any more
        lookout.remove(ours.fileno())
    assert lookout.look(0.0) == []
    assert lookout.speakers == {}
    lookout.want_write(ours.fileno(), wanted=True)
    assert lookout.look(0.0) == []


def test_a_socket_that_was_closed_before_it_was_removed_does_no_harm(lookout: Any, ends: Any) -> None:
    ours, _ = ends
    fd = ours.fileno()
    lookout.add(fd, "they")
    ours.close()
    lookout.want_write(fd, wanted=True)
    lookout.remove(fd)
    assert lookout.look(0.0) == []
