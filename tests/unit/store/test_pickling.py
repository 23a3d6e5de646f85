"""What plain pickle cannot carry, and what nobody can."""

from __future__ import annotations

import logging
import pickle
import socket
import sys
import threading
import types
import unittest
import weakref

import pytest

from pycompss.errors import SerializerException
from pycompss.store.arena import Mappings
from pycompss.store.codec import Codec


@pytest.fixture
def codec():
    return Codec(None, Mappings(), None)


@pytest.fixture
def no_dill(monkeypatch):
    monkeypatch.setitem(sys.modules, "dill", None)


def there_and_back(codec, value):
    return codec.decode(codec.encode(value))


# ---------------------------------------------------------------- by name


@pytest.mark.parametrize("name", ["stdout", "stderr", "__stdout__", "__stderr__", "__stdin__"])
def test_standard_streams_travel_by_name(codec, name):
    assert there_and_back(codec, [getattr(sys, name)])[0] is getattr(sys, name)


def test_objects_that_hold_streams_travel(codec):
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    back = there_and_back(codec, {"handler": handler, "logger": logging.getLogger("x.y")})
    assert back["handler"].stream is sys.stderr
    assert back["handler"].formatter._fmt == "%(message)s"
    assert back["handler"].lock is not None
    assert back["logger"] is logging.getLogger("x.y")


def test_the_buffer_of_a_stream_travels_by_name(codec):
    assert there_and_back(codec, [sys.__stdout__.buffer])[0] is sys.__stdout__.buffer


def test_a_running_test_case_travels_with_its_state(main, peer):
    main.run("""
        import io, sys, unittest
        def body(case, x):
            case.assertEqual(x, 5)
            return case.value, case.id()
        class Case(unittest.TestCase):
            def runTest(self):
                self.value = 3
                self.answer = CALL(body, self, 5)
        def run():
            case = Case()
            result = unittest.TextTestRunner(stream=io.StringIO()).run(case)
            return case.answer, result.wasSuccessful()
        def run_on_stderr():
            case = Case()
            case.run(unittest.TextTestResult(unittest.runner._WritelnDecorator(sys.stderr), True, 1))
            return case.answer
    """)
    main.CALL = peer.call
    assert main.run() == ((3, "__main__.Case.runTest"), True)
    assert main.run_on_stderr() == (3, "__main__.Case.runTest")


# ---------------------------------------------------------------- generators


def test_generators_are_consumed_and_rebuilt_as_generators(peer, main):
    main.run("def use(g): return type(g).__name__, next(g), list(g)")
    assert peer.call(main.use, (i for i in range(3))) == ("generator", 0, [1, 2])


def test_generators_inside_containers_work(codec):
    one, two, three = there_and_back(codec, [(i for i in "ab"), ((i for i in "cd"),), {"k": (i for i in "ef")}])
    assert list(one) == ["a", "b"]
    assert list(two[0]) == ["c", "d"]
    assert list(three["k"]) == ["e", "f"]


def test_a_generator_is_consumed_once_even_if_a_serialiser_fails(codec, no_dill):
    generator = (i for i in range(3))
    with pytest.raises(SerializerException, match=r"value\[1\]"):
        codec.encode([generator, threading.Lock()])
    assert list(generator) == []


# ---------------------------------------------------------------- dill


def test_dill_is_asked_when_cloudpickle_fails(codec, monkeypatch):
    class Pickler(pickle.Pickler):
        def __init__(self, file, protocol, **_options):
            super().__init__(file, protocol)
            self.dispatch_table = {weakref.ref: lambda reference: (list, ([reference().__name__],))}

    monkeypatch.setitem(sys.modules, "dill", types.SimpleNamespace(Pickler=Pickler))
    value = [weakref.ref(Codec), sys.stdout]
    assert there_and_back(codec, value) == [["Codec"], sys.stdout]


def test_what_dill_would_copy_wrongly_is_refused_all_the_same(codec):
    for value in (threading.Lock(), threading.RLock()):
        with pytest.raises(SerializerException, match="value is a _thread"):
            codec.encode(value)


# ---------------------------------------------------------------- the path to the culprit


class Slotted:
    __slots__ = ("inner",)

    def __init__(self, inner):
        self.inner = inner


class Plain:
    def __init__(self, **attributes):
        vars(self).update(attributes)


class Moody:
    def __reduce__(self):
        raise ValueError("not today")


LOCK = threading.Lock()
CULPRITS = {
    "x is a _thread.lock, which cannot be pickled": LOCK,
    "x.model['lock'] is a _thread.lock, which cannot be pickled": Plain(model={"a": 1, "lock": LOCK}),
    "x[1][0].inner is a _thread.RLock, which cannot be pickled": [1, (Slotted(threading.RLock()),)],
    "x.a.b is a _thread.lock, which cannot be pickled": Plain(fine=1, a=Plain(b=LOCK)),
    "x closes over 'lock', which is a _thread.lock, which cannot be pickled": (lambda lock: lambda: lock)(LOCK),
    "x.__defaults__[0] is a _thread.lock, which cannot be pickled": lambda lock=LOCK: lock,
    "x.__self__.lock is a _thread.lock, which cannot be pickled": Plain.__init__.__get__(Plain(lock=LOCK)),
    "which cannot be pickled (ValueError: not today)": [Moody()],
}


@pytest.mark.parametrize("message", CULPRITS)
def test_the_message_names_task_argument_and_path(codec, no_dill, message):
    with pytest.raises(SerializerException) as caught:
        codec.encode(CULPRITS[message], task="app.f", argument="x")
    assert str(caught.value).startswith("PyCOMPSs Exception: task app.f, argument 'x': x")
    assert message in str(caught.value)
    assert caught.value.__cause__ is not None


def test_open_files_are_refused_with_advice(codec, tmp_path):
    (tmp_path / "f").write_text("x")
    with open(tmp_path / "f") as file, pytest.raises(SerializerException, match="pass its path instead"):
        codec.encode({"file": file})


def test_sockets_are_refused(codec):
    with socket.socket() as sock, pytest.raises(SerializerException, match=r"value\['s'\] is a socket.socket"):
        codec.encode({"s": sock})


def test_nesting_that_is_too_deep_is_called_so(codec, no_dill):
    value: list = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(SerializerException, match=r"argument 'x': x is a list.*nested too deep"):
        codec.encode(value, argument="x")
    while value:  # unwind without recursion
        value = value[0]


def test_what_is_meant_for_people_need_not_be_an_argument(codec, no_dill):
    with pytest.raises(SerializerException, match=r": the returned value: value is a _thread\.lock"):
        codec.encode(LOCK, argument="the returned value")


def test_names_of_main_in_plain_data_do_no_harm(codec):
    assert there_and_back(codec, ["__main__", {"__main__": 1}]) == ["__main__", {"__main__": 1}]


def test_a_test_case_outside_a_run_is_itself(codec):
    case = unittest.FunctionTestCase(print)
    assert there_and_back(codec, case)._testFunc is print
