"""Others on the network find the ports of a run: without its keys they get nothing, and the run goes on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.launch import Result

pytest.importorskip("distributed")

from distributed import Security

PROGRAM = """\
import contextlib, socket, ssl, sys
import psutil
from pycompss.api.api import compss_wait_on
from pycompss.api.task import task

@task(returns=1)
def double(x):
    return 2 * x

def ports():
    for process in psutil.Process().children(recursive=True):
        for connection in process.net_connections("inet"):
            if connection.status == psutil.CONN_LISTEN:
                yield connection.laddr

def tells(address, context):
    # the first bytes that it sends to who asks in this way
    with contextlib.suppress(OSError), socket.create_connection(address, timeout=0.5) as plain:
        with plain if context is None else context.wrap_socket(plain) as line:
            line.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")
            return line.recv(1000).partition(b"\\r")[0]
    return b""

def without_certificate():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context

def with_another_certificate():
    context = without_certificate()
    context.load_cert_chain(sys.argv[1])
    return context

print(compss_wait_on(double(1)))
found = set(ports())
print(len(found) >= 4, {address.ip for address in found})  # of the scheduler, the program's values, and two agents
plain = {address: tells(address, None) for address in found}
print(set(plain.values()))
for ask in (without_certificate, with_another_certificate):
    print({tells(address, ask()) for address, answer in plain.items() if not answer})
print(compss_wait_on([double(x) for x in range(10)]) == [2 * x for x in range(10)])
"""


def test_who_has_no_key_of_the_run_is_told_nothing(run: Callable[..., Result], tmp_path: Path) -> None:
    keys = Security.temporary()
    certificate = tmp_path / "another"
    certificate.write_text(f"{keys.tls_worker_key}{keys.tls_worker_cert}")
    result = run(PROGRAM, certificate, engine="dask").succeeded()
    reached, plain, without, another, goes_on = result.stdout.splitlines()[1:]
    assert reached == "True {'127.0.0.1'}"
    assert eval(plain) <= {b"", b"HTTP/1.1 404 Not Found"}  # Dask's page of a worker, which has nothing to show
    assert without == another == "{b''}"
    assert goes_on == "True"
