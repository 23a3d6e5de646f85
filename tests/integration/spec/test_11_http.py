"""Programming model, sections 11.0, 11.2 and 11.4: `@http`, with a real service on this machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from pycompss.api.api import TaskGroup, compss_barrier, compss_cancel_group, compss_wait_on
from pycompss.api.container import container
from pycompss.api.http import HTTP, http
from pycompss.api.on_failure import on_failure
from pycompss.api.parameter import COLLECTION_IN, FILE_IN, IN, INOUT
from pycompss.api.prolog import prolog
from pycompss.api.task import definition_of, task
from pycompss.errors import PyCOMPSsException, ServiceError, TaskError
from pycompss.runtime import kinds
from pycompss.runtime.binding import bind
from pycompss.runtime.config import NodeSpec, ServiceSpec
from pycompss.worker.web import connections
from tests.support.rendezvous import await_mark, await_true, mark
from tests.support.service import Answer, Asked, certificate, free_port, serving


@pytest.fixture
def service():
    with serving() as service:
        yield service


def to(url: str, resource: str, request: str = "GET", **options: Any) -> http:
    return http(service_name=url, resource=resource, request=request, **options)


# ---------------------------------------------------------------- requests and replies


def test_a_field_of_the_reply_is_the_return(local, service):
    """Given GET returning {"a":1,"b":2} and produces='{"a":"{{return_0}}"}', returns=1, then 1."""
    service.says("/ab", {"a": 1, "b": 2})

    @to(service.url, "ab", produces='{"a":"{{return_0}}"}')
    @task(returns=1)
    def get():
        pass

    assert compss_wait_on(get()) == 1
    assert [(asked.method, asked.target) for asked in service.asked] == [("GET", "/ab")]


def test_fields_of_objects_and_lists_are_several_returns(local, service):
    service.says("/job", {"job": {"id": 7, "steps": [{"name": "a"}, {"name": "b", "took": 0.5}]}, "ok": True})

    @to(
        service.url,
        "/job",
        produces='{"ok": {{return_2}}, "job": {"steps": [{}, {"took": "{{return_0}}"}], "id": "{{return_1}}"}}',
    )
    @task(returns=3)
    def job():
        pass

    first, second, third = job()
    assert compss_wait_on([first, second, third]) == [0.5, 7, True]


def test_marks_alone_say_how_many_returns_there_are(local, service):
    service.says("/pair", [1, {"x": [2]}])

    @to(service.url, "pair", produces="[{{return_0}}, {{return_1}}]")
    @task()
    def pair():
        pass

    assert list(compss_wait_on(list(pair()))) == [1, {"x": [2]}]


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        (Answer({"a": [1]}), {"a": [1]}),
        (Answer("größer".encode(), headers={"Content-Type": "text/plain; charset=utf-8"}), "größer"),
        (Answer("größer".encode("latin-1"), headers={"Content-Type": "text/plain; charset=latin-1"}), "größer"),
        (Answer("größer".encode("latin-1"), headers={"Content-Type": "text/plain"}), "gr��er"),
        (Answer("größer".encode(), headers={"Content-Type": "application/x-unknown"}), "größer"),
        (Answer(b"\x89PNG\r\n\x1a\n", headers={"Content-Type": "image/png"}), b"\x89PNG\r\n\x1a\n"),
        (Answer(b"", 204), None),
        (Answer('"größer"'.encode("latin-1"), headers={"Content-Type": "application/json; charset=latin-1"}), "größer"),
        (Answer('"größer"'.encode("utf-8-sig"), headers={"Content-Type": "application/json; charset=utf-8"}), "größer"),
        (Answer('"größer"'.encode("utf-16"), headers={"Content-Type": "application/json; charset=utf-16"}), "größer"),
        (Answer({"a": 1}, headers={"Content-Type": "application/problem+json"}), {"a": 1}),
    ],
)
def test_without_produces_the_return_is_the_whole_reply(local, service, answer, value):
    service.answers["/all"] = answer

    @to(service.url, "all")
    @task(returns=1)
    def everything():
        pass

    assert compss_wait_on(everything()) == value


def test_values_of_parameters_are_quoted_in_the_resource(local, service):
    @to(service.url, "find/{{name}}/é?q={{ query }}&n={{n}}&flag={{flag}}&by={{by}}")
    @task(returns=1)
    def find(name, query, n, flag=True, *, by="x"):
        pass

    for target in ("/find/a%2Fb%20c/%C3%A9", "/find/../%C3%A9"):
        service.says(target, "found")
    assert compss_wait_on(find("a/b c", "1&2=ü", 1.5)) == "found"
    assert service.targets == ["/find/a%2Fb%20c/%C3%A9?q=1%262%3D%C3%BC&n=1.5&flag=true&by=x"]


@pytest.mark.parametrize("method", ["GET", "post", "PUT", "Patch", "DELETE", "HEAD", "OPTIONS"])
def test_every_method_is_sent_as_it_is(local, service, method):
    service.says("/any", {"done": True})

    @http(service_name=service.url, resource="any", request=method)
    @task(returns=1)
    def send():
        pass

    assert compss_wait_on(send()) == (None if method == "HEAD" else {"done": True})
    assert [asked.method for asked in service.asked] == [method.upper()]


def test_values_of_parameters_are_json_in_the_payload(local, service):
    service.says("/items", "stored")

    @to(
        service.url,
        "items",
        "POST",
        payload='{"name": {{name}}, "note": "about \\"{{name}}\\": {{n}}", "n": {{n}}, "rows": {{rows}}, "no": {{no}}}',
    )
    @task(returns=1)
    def store(name, n, rows, no=None):
        pass

    assert compss_wait_on(store('a "b"\n', 2, [1, {"k": (3, True)}])) == "stored"
    assert service.asked[0].json == {
        "name": 'a "b"\n',
        "note": 'about "a "b"\n": 2',
        "n": 2,
        "rows": [1, {"k": [3, True]}],
        "no": None,
    }
    assert service.asked[0].headers["Content-Type"] == "application/json"


def test_other_types_of_payload_have_their_own_form(local, service):
    service.says("/form", 1)
    service.says("/text", 2)

    @to(service.url, "form", "post", payload="a={{a}}&b={{b}}", payload_type="application/x-www-form-urlencoded")
    @task(returns=1)
    def form(a, b):
        pass

    @to(service.url, "text", "PUT", payload="{{a}}\n{{b}}", payloadType="text/plain; charset=utf-8")
    @task(returns=1)
    def text(a, b):
        pass

    assert compss_wait_on([form("x&y z", 2), text("größer", [1])]) == [1, 2]
    sent = {asked.target: asked for asked in service.asked}
    assert sent["/form"].payload == b"a=x%26y+z&b=2"
    assert sent["/form"].method == "POST"
    assert sent["/text"].payload.decode() == "größer\n[1]"
    assert sent["/text"].headers["Content-Type"] == "text/plain; charset=utf-8"


def test_collections_paths_and_results_of_tasks_are_values(local, service):
    service.says("/put", 1)

    @task(returns=1)
    def double(x):
        return 2 * x

    @to(service.url, "put", "PUT", payload="[{{numbers}}, {{path}}, {{one}}]")
    @task(numbers=COLLECTION_IN, path=FILE_IN, returns=1)
    def put(numbers, path, one):
        pass

    Path("data.txt").touch()
    assert compss_wait_on(put([double(1), double(2)], "data.txt", double(3))) == 1
    numbers, path, one = service.asked[0].json
    assert (numbers, os.path.basename(path).split("_")[-1][-8:], one) == ([2, 4], "data.txt", 6)


def test_updates_change_an_inout_parameter(local, service):
    service.says("/event", {"length": 3, "child": {"message": "hello"}})

    class Event:
        seen = None

    @to(
        service.url,
        "event",
        produces='{"length": "{{return_0}}", "child": {"message": "{{param}}"}}',
        updates="{{entry}}.some_key = {{param}}; {{entry}}.nested.name = {{name}}\n{{event}}.seen = {{return_0}}",
    )
    @task(returns=1, entry=INOUT, event=INOUT)
    def fill(entry, event, name):
        pass

    entry, event = {"nested": {}}, Event()
    length = fill(entry, event, "n")
    entry, event = compss_wait_on(entry), compss_wait_on(event)
    assert entry == {"nested": {"name": "n"}, "some_key": "hello"}
    assert event.seen == 3
    assert compss_wait_on(length) == 3


def test_tasks_inside_tasks_call_services_by_name(fresh, service):
    service.says("/one", 1)
    fresh(services=(ServiceSpec(service.url, "Http", ("Numbers",), limit_of_tasks=1),))

    @http(service_name="numbers", resource="one", request="GET")
    @task(returns=1)
    def one():
        pass

    @task(returns=1)
    def outer():
        return sum(compss_wait_on([one(), one()]))

    assert compss_wait_on(outer()) == 2


def test_a_method_can_be_a_request(local, service):
    service.says("/m/5", 6)

    class Client:
        @to(service.url, "m/{{x}}")
        @task(returns=1, self=IN)
        def get(self, x):
            pass

    assert compss_wait_on(Client().get(5)) == 6


# ---------------------------------------------------------------- services and their limits


RESOURCES = """<ResourcesList>
  <ComputeNode Name="localhost"><Processor Name="P"><ComputingUnits>2</ComputingUnits></Processor></ComputeNode>
  <Http BaseUrl="{url}/base/"><ServiceName>counter</ServiceName><ServiceName>other</ServiceName></Http>
</ResourcesList>"""
PROJECT = """<Project><MasterNode/><ComputeNode Name="localhost"/>
  <Http BaseUrl="{url}/base/"><LimitOfTasks>2</LimitOfTasks></Http></Project>"""
PROGRAM = """
    from pycompss.api.api import compss_wait_on
    from pycompss.api.http import http
    from pycompss.api.task import task

    @http(service_name="Counter", resource="/count", request="GET", produces='{"n": {{return_0}}}')
    @task(returns=int)
    def count():
        pass

    print(sum(compss_wait_on([count() for _ in range(8)])))
"""


def test_services_are_declared_in_resources_and_project(run_program, service, folder):
    inside, most = [], []

    def count(asked: Asked) -> Answer:
        inside.append(asked)
        most.append(len(inside))
        await_true(lambda: len(inside) >= 2 or len(most) > 7, "nobody came beside")
        inside.remove(asked)
        return Answer({"n": 1})

    service.answers["/base/count"] = count
    (folder / "resources.xml").write_text(RESOURCES.format(url=service.url))
    (folder / "project.xml").write_text(PROJECT.format(url=service.url))
    done = run_program(
        PROGRAM,
        workers=None,
        env={"PYCOMPSS_RESOURCES": str(folder / "resources.xml"), "PYCOMPSS_PROJECT": str(folder / "project.xml")},
    ).succeeded()
    assert done.stdout.split() == ["8"]
    assert max(most) == 2  # as LimitOfTasks says


def test_an_unknown_service_is_named_with_those_that_there_are(fresh):
    fresh(services=(ServiceSpec("http://localhost:1", "Http", ("weather", "maps")),))

    @http(service_name="whether", resource="x", request="GET")
    @task(returns=1)
    def get():
        pass

    with pytest.raises(
        PyCOMPSsException,
        match=r"task .*get \(.*test_11_http\.py:\d+\), @http\(service_name='whether'\): no service of that name is "
        r"declared, there are maps, weather; .*called from test_11_http\.py:\d+",
    ):
        get()


def test_requests_wait_beside_tasks_that_compute(fresh, service, folder):
    fresh(workers=1, http_pool_size=4)
    service.says("/now", "answer")

    @task(returns=1)
    def compute_until(path):
        await_mark(path)
        return "computed"

    @to(service.url, "now")
    @task(returns=1)
    def ask():
        pass

    busy = compute_until(str(folder / "done"))
    assert compss_wait_on([ask() for _ in range(30)]) == ["answer"] * 30
    mark(folder / "done")  # the only core was busy until now
    assert compss_wait_on(busy) == "computed"
    assert len(service.lines) < 30  # they were kept open


def test_as_many_requests_run_at_a_time_as_the_pool_is_large(fresh, service):
    fresh(workers=1, http_pool_size=7)
    inside, most = [], []

    def count(asked: Asked) -> Answer:
        inside.append(asked)
        most.append(len(inside))
        await_true(lambda: len(most) >= 7, "nobody came beside")
        inside.remove(asked)
        return Answer(1)

    service.answers["/count"] = count

    @to(service.url, "count")
    @task(returns=1)
    def ask():
        pass

    assert compss_wait_on([ask() for _ in range(20)]) == [1] * 20
    assert max(most) == 7


def test_in_sequence_the_body_is_called(inline, service):
    @prolog(binary="true")
    @to(service.url, "{{n}}", produces='{"a": {{return_0}}}')
    @task(returns=1)
    def get(n):
        return "body", n

    @to("http://localhost:1", "{{n}}", updates="{{p}}.x = {{n}}")
    @task(returns=1, p=INOUT)
    def update(n, p):
        p["x"] = n

    p = {}
    assert compss_wait_on(get(1)) == ("body", 1)
    assert update(2, p) is None
    assert p == {"x": 2}
    assert service.asked == []


# ---------------------------------------------------------------- what goes wrong


def here(function: Any, *args: Any) -> Any:
    """The request of a call, made by this process."""
    definition = definition_of(function)
    try:
        return kinds.launcher(definition, bind(definition, args, {}), ())(*args)
    finally:
        connections.close_all()


@pytest.mark.parametrize("above", [True, False])
def test_a_container_around_a_request_is_refused(above):
    around = container(engine="docker", image="alpine")
    request = to("http://localhost:1", "x")
    first, second = (request, around) if above else (around, request)
    with pytest.raises(
        PyCOMPSsException, match=r"@container\(…\): it is above @http, and a request to a service is made"
    ):

        @second
        @first
        @task(returns=1)
        def get():
            pass


def failing(answer_of: Any, on_failure: str = "FAIL", **options: Any) -> Any:
    @to(answer_of, options.pop("resource", "bad"), **options)
    @task(returns=1, on_failure=on_failure)
    def bad(p=0):
        pass

    return bad


UNUSABLE = {
    "a refusal": (
        Answer({"why": "not so"}, 422),
        {},
        "the service answered 422 Unprocessable",
    ),
    "neither a reply nor a redirection": (Answer({}, 304), {}, "answered 304 Not Modified, which is no reply"),
    "no JSON where fields are taken": (
        Answer(b"<html>", headers={"Content-Type": "text/html"}),
        {"produces": "{{return_0}}"},
        r"\(text/html\) is no JSON.*\n.*\n    <html>",
    ),
    "half of a JSON": (Answer(b"{"), {}, "is no JSON: Expecting property name"),
    "an element missing": (
        Answer({"b": [1]}),
        {"produces": '{"b": [0, "{{return_0}}"]}'},
        r'\{\{return_0\}\} is the reply\["b"\]\[1\], but the reply\["b"\] has no element 1; it is a list of 1',
    ),
    "a field missing": (
        Answer({"c": 1}),
        {"produces": '{"b": {{return_0}}}'},
        "the reply has no field 'b'; it is an object with 'c'",
    ),
    "nothing": (Answer(raw=b""), {}, "closed the connection without an answer"),
    "less than announced": (
        Answer(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"),
        {},
        "in the middle of its answer, after 4 bytes",
    ),
    "half a piece": (
        Answer(raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf"),
        {},
        "in the middle of its answer",
    ),
    "no HTTP": (Answer(raw=b"SSH-2.0\r\n"), {}, "BadStatusLine"),
    "a redirection to another protocol": (
        Answer({}, 302, {"Location": "ftp://somewhere/x"}),
        {},
        "is redirected to ftp://somewhere/x, which is not followed",
    ),
    "a circle": (Answer({}, 302, {"Location": "/bad"}), {}, "redirected more than 10 times"),
}


@pytest.mark.parametrize("what", UNUSABLE)
def test_a_reply_that_cannot_be_used_is_told_in_one_message(service, what):
    answer, options, reason = UNUSABLE[what]
    service.answers["/bad"] = answer
    declared = r"(.*\n)*  task .*bad, declared at .*test_11_http\.py:\d+"
    with pytest.raises(ServiceError, match=rf"GET {service.url}/bad: .*{reason}{declared}") as caught:
        here(failing(service.url, **options))
    assert caught.value.status == (answer.status if answer.status in (304, 422) else 0)


def test_the_program_gets_what_the_service_said(fresh, service):
    fresh()
    service.says("/bad", b"line 1\nline 2", status=503, headers={"Content-Type": "text/plain"})
    reason = r"answered 503 Service Unavailable\n.*beginning of its answer:\n +line 1\n +line 2\n +task .*bad, declared"
    with pytest.raises(TaskError, match=reason) as caught:
        compss_wait_on(failing(service.url)())
    assert isinstance(caught.value.__cause__, ServiceError)
    assert caught.value.__cause__.status == 503


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        (f"http://127.0.0.1:{free_port()}", r"GET http://127\.0\.0\.1:\d+/bad: the connection is refused"),
        ("http://user:secret@no-such-host.invalid", r"GET http://no-such-host\.invalid/bad: the host cannot be found"),
    ],
)
def test_a_service_that_is_not_there_is_named(url, reason):
    with pytest.raises(ServiceError, match=reason) as caught:
        here(failing(url))
    assert "secret" not in str(caught.value)


def test_a_value_that_has_no_form_is_a_definite_error(fresh, service):
    fresh()
    put = failing(service.url, "RETRY", request="PUT", payload="{{p}}")
    with pytest.raises(
        TaskError, match=r"failed on localhost\n(.*\n)*.*the argument 'p' cannot be written as JSON: a set"
    ) as c:
        compss_wait_on(put({1}))
    assert "declared at" in str(c.value)
    assert service.asked == []


def test_half_of_a_character_in_an_address_is_a_definite_error(fresh, service):
    fresh()
    with pytest.raises(TaskError, match=r"@http\(resource='\{\{p\}\}'\): with its values it is no text") as caught:
        compss_wait_on(failing(service.url, "RETRY", resource="{{p}}")("\ud800"))
    assert "attempt" not in str(caught.value)
    assert service.asked == []


def test_a_payload_that_its_values_keep_from_being_json_is_a_definite_error(fresh, service):
    fresh()
    put = failing(service.url, "RETRY", request="PUT", payload="{ {{p}}: 1}")
    reason = r"bad.*\n(.*\n)*.*@http\(payload='\{ \{\{p\}\}: 1\}'\): with its values it is no JSON: .*\{ 5: 1\}"
    with pytest.raises(TaskError, match=reason) as caught:
        compss_wait_on(put(5))
    assert "attempt" not in str(caught.value)
    assert service.asked == []


def test_it_is_tried_again_as_the_policy_says(fresh, service):
    fresh()
    answers = iter([Answer({}, 500), Answer(raw=b""), Answer({}, 429), Answer("at last")])
    service.answers["/bad"] = lambda _: next(answers)
    assert compss_wait_on(failing(service.url, "RETRY")()) == "at last"
    assert len(service.asked) == 4
    service.says("/bad", "never", status=500)
    with pytest.raises(TaskError, match="attempt 4 of 4"):
        compss_wait_on(failing(service.url, "RETRY")())
    assert len(service.asked) == 8


def test_a_service_that_dies_in_the_middle_and_comes_back(local):
    with serving() as dying:
        dying.answers["/x"] = Answer(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")

        @on_failure(management="IGNORE", returns="nothing")
        @to(dying.url, "x")
        @task(returns=1)
        def ask():
            pass

        assert compss_wait_on(ask()) == "nothing"
        dying.says("/x", "alive")
        assert compss_wait_on(ask()) == "alive"
    assert compss_wait_on(ask()) == "nothing"


def test_what_is_ignored_gives_defaults_and_keeps_its_arguments(local, service):
    service.says("/bad", {"x": 1})

    @to(
        service.url,
        "bad",
        produces='{"x": "{{return_0}}", "y": "{{return_1}}"}',
        updates="{{p}}.x = {{return_0}}",
    )
    @task(returns=2, p=INOUT, on_failure="IGNORE", defaults={"returns": 7})
    def bad(p):
        pass

    p = {"x": 0}
    assert compss_wait_on(bad(p)) == [7, 7]
    assert compss_wait_on(p) == {"x": 0}


def test_a_time_out_closes_the_connection(local, service):
    service.is_silent("/slow")

    @to(service.url, "slow")
    @task(returns=1, time_out=0.3, on_failure="IGNORE", defaults={"returns": "late"})
    def slow():
        pass

    assert compss_wait_on(slow()) == "late"
    assert service.closed.wait(10)
    assert len(service.asked) == 1


def test_a_time_out_names_the_task(fresh, service):
    fresh()
    service.is_silent("/slow")

    @to(service.url, "slow")
    @task(returns=1, time_out=0.3, on_failure="FAIL")
    def slow():
        pass

    with pytest.raises(TaskError, match=r"task \S*slow ran longer than its time_out \(0\.3 s\)"):
        compss_wait_on(slow())


def test_a_cancellation_closes_the_connection(local, service):
    service.is_silent("/slow")

    @to(service.url, "slow")
    @task(returns=1)
    def slow():
        pass

    with TaskGroup("requests", implicit_barrier=False):
        slow()
    await_true(lambda: service.asked, "nobody asked")
    compss_cancel_group("requests")
    assert service.closed.wait(10)
    compss_barrier()
    service.says("/slow", "now")
    assert compss_wait_on(slow()) == "now"


def test_certificates_are_checked(fresh, tmp_path, monkeypatch):
    file, context = certificate(tmp_path)
    with serving(context) as service:
        service.says("/bad", "secret")
        ask = failing(service.url)
        fresh()
        with pytest.raises(TaskError, match=r"the certificate of the service is not trusted \(self.signed certificate"):
            compss_wait_on(ask())
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        fresh()
        assert compss_wait_on(ask()) == "secret"


# ---------------------------------------------------------------- what can be known before


def test_the_names_are_one():
    assert HTTP is http


@pytest.mark.parametrize("missing", ["service_name", "resource", "request"])
def test_mandatory_arguments(missing):
    given = {"service_name": "s", "resource": "r", "request": "GET"}
    del given[missing]
    with pytest.raises(
        PyCOMPSsException, match=f"The argument {missing} is mandatory in the @http decorator decorator"
    ):
        http(**given)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"request": "FETCH"}, r"@http\(request='FETCH'\): it is one of GET, POST"),
        ({"service_name": "ftp://x"}, r"@http\(service_name='ftp://x'\): it is the name of a service, or an address"),
        ({"service_name": " "}, "it is the name of a service"),
        ({"payload_type": "json\r\nX: 1"}, "it is a media type such as application/json"),
        ({"resource": 5}, r"@http\(resource=5\): it is a text"),
        ({"resource": "a/{{q}}"}, r"task .*f \(.*:\d+\), @http\(resource='a/\{\{q\}\}'\): \{\{q\}\} names"),
        ({"payload": "{{q}}"}, r"@http\(payload='\{\{q\}\}'\): \{\{q\}\} names no parameter"),
        ({"payload": '{"a": {{x}}'}, r"task .*f \(.*:\d+\), @http\(payload=.*\): it is no JSON, whatever"),
        ({"produces": "{"}, r"task .*f \(.*:\d+\), @http\(produces='\{'\): it is not of the form of JSON"),
        ({"produces": '["{{return_1}}"]'}, r"but there is no \{\{return_0\}\}"),
        ({"produces": '["{{return_0}}", "{{return_1}}"]'}, "it marks 2 returns, but the task declares 1"),
        ({"updates": "p.x = 1"}, r"@http\(updates='p\.x = 1'\): 'p\.x = 1' is not of the form \{\{parameter\}\}\.key"),
        ({"updates": "{{x}}.a = {{p}}"}, "'x' is no INOUT parameter of the task"),
        ({"updates": "{{p}}.a = {{nothing}}"}, r"\{\{nothing\}\} is neither marked in produces nor a parameter"),
    ],
)  # fmt: skip
def test_arguments_without_a_meaning_are_refused_at_decoration(options, reason):
    with pytest.raises(PyCOMPSsException, match=reason):

        @http(**{"service_name": "s", "resource": "r", "request": "GET", **options})
        @task(returns=1, p=INOUT)
        def f(x, p):
            pass


def test_a_name_that_only_the_call_could_have_is_refused_at_the_call(local):
    @to("http://127.0.0.1:1", "a/{{q}}")
    @task(returns=1)
    def f(**keywords):
        pass

    with pytest.raises(PyCOMPSsException, match=r"\{\{q\}\} names no parameter of the task"):
        f(p=1)


def test_calls_of_a_limited_service_are_made_by_the_first_node(fresh, service):
    service.says("/n", 1)
    nodes = [NodeSpec("a", 1), NodeSpec("b", 1)]
    fresh(nodes=nodes, services=(ServiceSpec(service.url, "Http", ("s",), limit_of_tasks=1),))

    @http(service_name="s", resource="n", request="GET")
    @task(returns=1)
    def n():
        pass

    assert compss_wait_on([n() for _ in range(6)]) == [1] * 6
