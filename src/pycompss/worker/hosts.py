"""What tasks are told of the nodes that they have, by the environment; the same from every engine.

Names of nodes are those that the user knows. Launchers of MPI programs need to know where they are: `ADDRESSES`, one
for each name, in the same order. Nodes that are shares of one machine have one address.
"""

from __future__ import annotations

from pycompss.core.resources import Slot

ADDRESSES = "PYCOMPSS_ADDRESSES"


def environment(slot: Slot) -> dict[str, str]:
    """What the slot's tasks find, their main node first."""
    nodes = [part.node for part in (slot, *slot.others)]
    names = ",".join(node.name for node in nodes)
    return {
        "COMPSS_NUM_NODES": str(len(nodes)),
        "COMPSS_NODES": names,
        "COMPSS_HOSTNAMES": names,
        ADDRESSES: ",".join(node.address for node in nodes),
    }
