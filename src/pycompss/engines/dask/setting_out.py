"""How the bridge's process begins: `python -c "…setting_out.main(fd)"`.

Agents on other machines are sent for before Dask is loaded here, so that all machines load it at the same time.
"""

from __future__ import annotations

import pickle
import socket

from pycompss.engines.dask.nursery import Nursery
from pycompss.engines.dask.opening import Opening
from pycompss.worker import wire


def main(fd: int) -> None:
    """The whole life of the process."""
    sock = socket.socket(fileno=fd)
    (_, data), fds = wire.receive(sock)
    opening: Opening = pickle.loads(data)
    children = Nursery()
    for share in opening.shares:
        if share.start:
            children.send_for(share, opening)
    from pycompss.engines.dask import bridge  # noqa: PLC0415  (it loads Dask)

    bridge.main(sock, opening, fds, children)
