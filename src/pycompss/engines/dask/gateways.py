"""Clusters of a dask-gateway: the gateway gives their keys to who may use them, its proxy leads to their schedulers.

How one proves who one is, is dask-gateway's own configuration (`gateway.auth`). The proxy passes connections on to
schedulers only, by the name in the TLS greeting; workers are reached without it.
"""

from __future__ import annotations

import importlib
from typing import Any
from urllib.parse import urlsplit

import dask
from distributed import Security

SCHEME = "gateway"


class Closed(Exception):  # noqa: N818
    """A gateway that gives no keys; the text is for the user."""


def is_one(address: str) -> bool:
    return urlsplit(address).scheme == SCHEME


async def security(address: str) -> Security:
    """The keys of the cluster at `gateway://host:port/name`. Raises Closed.

    From then on Dask knows how to connect to such addresses.
    """
    module: Any = importlib.import_module("dask_gateway")
    where, name = urlsplit(address).netloc, urlsplit(address).path.strip("/")
    asked = None if dask.config.get("gateway.address", None) else f"http://{where}"
    try:
        async with module.Gateway(asked, proxy_address=where, asynchronous=True) as gateway:
            asked = gateway.address
            report = await gateway.get_cluster(name)
    except Exception as error:  # noqa: BLE001  (whatever HTTP, its authentication and its plug-ins raise)
        raise Closed(
            f"{address}: the dask-gateway at {asked} gives no keys for cluster {name}: {str(error) or repr(error)}; "
            "see dask_gateway.Gateway().list_clusters(); where it is, and who you are, is told by Dask's configuration "
            "(gateway.address, gateway.auth in ~/.config/dask/*.yaml, or DASK_GATEWAY__ADDRESS, …)"
        ) from None
    if report.tls_key is None:
        raise Closed(f"{address}: the cluster is {report.status.name.lower()}")
    return Security(
        require_encryption=True,
        tls_ca_file=report.tls_cert,
        tls_client_key=report.tls_key,
        tls_client_cert=report.tls_cert,
    )
