"""Requests and answers over real connections: redirections, proxies, what is kept open, what is too much."""

from __future__ import annotations

import pytest

from pycompss.errors import ServiceError
from pycompss.worker.web import connections, exchange, origins
from pycompss.worker.web.exchange import Request, ask
from pycompss.worker.web.origins import Origin, Proxy, proxy_of, split, without_password
from tests.support.service import Answer, serving


@pytest.fixture(autouse=True)
def own_connections(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    yield
    connections.close_all()


@pytest.fixture
def service():
    with serving() as service:
        service.says("/end", "end")
        yield service


# -- redirections


@pytest.mark.parametrize(
    ("status", "method", "then"),
    [
        (301, "GET", ("GET", b"")),
        (301, "POST", ("GET", b"")),
        (302, "PUT", ("GET", b"")),
        (303, "DELETE", ("GET", b"")),
        (307, "POST", ("POST", b"x")),
        (308, "PUT", ("PUT", b"x")),
    ],
)
def test_a_redirection_is_followed_with_the_method_that_its_status_says(service, status, method, then):
    service.says("/begin", status=status, headers={"Location": "end"})
    reply = ask(Request(method, f"{service.url}/begin", None if method == "GET" else b"x", "text/plain"))
    assert reply.content == b'"end"'
    assert [(asked.method, asked.payload) for asked in service.asked[1:]] == [then]


def test_credentials_of_an_address_are_sent_and_not_passed_on_to_another_server(service):
    with serving() as other:
        other.says("/", 1)
        service.says("/here", status=302, headers={"Location": "/there"})
        service.says("/there", status=307, headers={"Location": other.url})
        ask(Request("GET", service.url.replace("://", "://me:p%40ss@") + "/here"))
    assert [asked.headers.get("Authorization") for asked in service.asked] == ["Basic bWU6cEBzcw=="] * 2
    assert "Authorization" not in other.asked[0].headers


# -- what is kept open


def test_a_connection_serves_until_the_server_closes_it(service):
    for _ in range(3):
        ask(Request("GET", f"{service.url}/end"))
    assert len(service.lines) == 1
    service.end()
    ask(Request("GET", f"{service.url}/end"))
    assert len(service.lines) == 2


def test_a_broken_answer_ends_its_connection(service):
    service.answers["/broken"] = Answer(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
    with pytest.raises(ServiceError, match="in the middle"):
        ask(Request("GET", f"{service.url}/broken"))
    assert ask(Request("GET", f"{service.url}/end")).content == b'"end"'
    assert len(service.lines) == 2


def test_only_some_connections_are_kept(service, monkeypatch):
    monkeypatch.setattr(connections, "MOST", 1)
    with serving() as other:
        for url in (service.url, other.url, service.url):
            ask(Request("OPTIONS", f"{url}/x"))
        assert (len(service.lines), len(other.lines)) == (2, 1)


def test_an_answer_that_is_too_large_is_not_read_to_its_end(service, monkeypatch):
    monkeypatch.setattr(exchange, "LARGEST", 1 << 20)
    service.says("/large", b"x" * (1 << 20))
    service.says("/larger", b"x" * ((1 << 20) + 1))
    assert len(ask(Request("GET", f"{service.url}/large")).content) == 1 << 20
    with pytest.raises(ServiceError, match="the answer is larger than 1 MiB"):
        ask(Request("GET", f"{service.url}/larger"))


def test_the_headers_of_an_answer_are_enough_for_head(service):
    reply = ask(Request("HEAD", f"{service.url}/end"))
    assert (reply.status, reply.content) == (200, b"")


def test_silence_is_an_error_in_the_end(service, monkeypatch):
    monkeypatch.setattr(connections, "SILENCE", 0.05)
    service.is_silent("/silent")
    with pytest.raises(ServiceError, match="no answer in time"):
        ask(Request("GET", f"{service.url}/silent"))
    assert service.closed.wait(10)


# -- proxies


def test_a_proxy_is_asked_for_servers_elsewhere(service, monkeypatch):
    monkeypatch.setenv("http_proxy", service.url.replace("://", "://me:secret@"))
    service.says("/x", "by the proxy")
    assert ask(Request("GET", "http://example.invalid:81/x?y=1")).content == b'"by the proxy"'
    assert service.targets == ["http://example.invalid:81/x?y=1"]
    assert service.asked[0].headers["Host"] == "example.invalid:81"
    assert service.asked[0].headers["Proxy-Authorization"] == "Basic bWU6c2VjcmV0"


def test_a_proxy_connects_to_secure_servers(service, monkeypatch):
    monkeypatch.setenv("https_proxy", service.url)
    with pytest.raises(ServiceError, match=r"GET https://example\.invalid/x: .*404"):
        ask(Request("GET", "https://example.invalid/x"))
    assert [(asked.method, asked.target) for asked in service.asked] == [("CONNECT", "example.invalid:443")]


@pytest.mark.parametrize("host", ["localhost", "api.localhost", "127.0.0.1", "127.9.9.9", "::1"])
def test_this_machine_is_asked_without_a_proxy(monkeypatch, host):
    monkeypatch.setenv("all_proxy", "http://proxy:3128")
    assert proxy_of(Origin("http", host, 80)) is None
    assert proxy_of(Origin("http", "example.org", 80)) == Proxy("proxy", 3128, "")


def test_no_proxy_is_heeded(monkeypatch):
    monkeypatch.setenv("https_proxy", "proxy.org")
    monkeypatch.setenv("no_proxy", "inside.org")
    assert proxy_of(Origin("https", "api.inside.org", 443)) is None
    assert proxy_of(Origin("https", "outside.org", 443)) == Proxy("proxy.org", 80, "")


def test_a_proxy_of_another_kind_is_told(monkeypatch):
    monkeypatch.setenv("http_proxy", "socks5://me:secret@proxy:1080")
    with pytest.raises(ServiceError, match=r"the proxy socks5://proxy:1080 of the environment is none of") as caught:
        ask(Request("GET", "http://example.invalid/"))
    assert "secret" not in str(caught.value)


# -- addresses


@pytest.mark.parametrize(
    ("url", "origin", "target"),
    [
        ("http://h", Origin("http", "h", 80), "/"),
        ("https://H:8443/a?b=c#d", Origin("https", "h", 8443), "/a?b=c"),
        ("http://[::1]/x", Origin("http", "::1", 80), "/x"),
    ],
)
def test_addresses_are_split(url, origin, target):
    assert split(url)[:2] == (origin, target)


@pytest.mark.parametrize("url", ["ftp://h", "http:///x", "h", "http://h:99999/"])
def test_other_addresses_are_refused(url):
    with pytest.raises(ValueError):
        split(url)


def test_passwords_are_not_shown():
    assert without_password("http://me:pass@h:1/x@y?u=a@b") == "http://h:1/x@y?u=a@b"
    assert origins.without_password("http://h/x") == "http://h/x"
