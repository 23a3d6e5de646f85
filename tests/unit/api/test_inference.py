"""How many values a function gives that does not say so."""

from __future__ import annotations

import functools
import linecache

import pytest

from pycompss.runtime import inference
from pycompss.runtime.inference import number_of_values


def no_return():
    pass


def bare_return(x):
    if x:
        return
    return


def one(x):
    return x


def three():
    return 1, 2, 3


def a_list(x):
    return [x, x]


def a_set(x):
    return {x, x + 1}


def longest(x):
    if x == 1:
        return x
    if x == 2:
        return x, x
    return [x, x, x]


def starred(x):
    return [*x]


def empty():
    return []


def nested_counts():
    def inner():
        return 1, 2

    inner()


def inside_with_and_try(lock):
    with lock:
        try:
            return 1, 2
        finally:
            lock.release()


def generator(n):
    yield n


async def coroutine():
    pass


class Holder:
    def method(self):
        return self, 1

    @staticmethod
    def static():
        return 1


ANNOTATED = """
def none() -> None: ...
def integer() -> int: return 1, 2
def pair() -> (int, str): ...
def pair_type() -> tuple[int, str]: ...
def only_parameter(x: int): return x, x
"""


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (no_return, 0),
        (bare_return, 0),
        (one, 1),
        (three, 3),
        (a_list, 2),
        (a_set, 2),
        (longest, 3),
        (starred, 1),
        (empty, 1),
        (nested_counts, 2),
        (inside_with_and_try, 2),
        (generator, 1),
        (coroutine, 1),
        (Holder.method, 2),
        (Holder.static, 1),
        (lambda: None, 0),
        (lambda x: x, 1),
        (lambda x: (x, x), 2),
        (lambda: (1, 2, 3), 3),
    ],
)
def test_the_source_tells(function, expected):
    assert number_of_values(function) == expected


@pytest.mark.parametrize(
    "function", [no_return, bare_return, one, three, a_list, a_set, longest, empty, nested_counts, Holder.method]
)
def test_the_byte_code_tells_the_same(function, monkeypatch):
    expected = number_of_values(function)
    monkeypatch.setattr(inference, "_source", lambda code: None)
    assert number_of_values(function) == expected


def test_a_function_typed_into_an_interpreter_needs_no_source():
    space: dict[str, object] = {}
    exec("def f(x):\n    return x, x\ndef g(x):\n    x.append(1)", space)
    assert linecache.getlines("<string>") == []
    assert (number_of_values(space["f"]), number_of_values(space["g"])) == (2, 0)


@pytest.mark.parametrize("future", ["", "from __future__ import annotations\n"])
@pytest.mark.parametrize(
    ("name", "expected"), [("none", 1), ("integer", 1), ("pair", 2), ("pair_type", 1), ("only_parameter", 2)]
)
def test_an_annotation_tells_first(name, expected, future):
    space: dict[str, object] = {}
    exec(compile(future + ANNOTATED, "<test>", "exec", dont_inherit=True), space)
    assert number_of_values(space[name]) == expected


def test_an_annotation_that_cannot_be_evaluated_is_one_value():
    space: dict[str, object] = {}
    exec("from __future__ import annotations\ndef f() -> Nobody[int]: ...", space)
    assert number_of_values(space["f"]) == 1


def test_a_wrapper_stands_for_what_it_wraps():
    @functools.wraps(three)
    def wrapper(*args):
        return three(*args)

    assert number_of_values(wrapper) == 3


def test_what_has_no_code_gives_one_value():
    assert number_of_values(max) == 1
    assert number_of_values(functools.partial(three)) == 1
