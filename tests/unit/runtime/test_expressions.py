"""Arithmetic in a text: what Python gives, or one clear error."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycompss.runtime import expressions
from pycompss.runtime.expressions import ExpressionError, evaluate

NAMES = {"n": 7, "x": 2.5, "zero": 0}


def value(text, **names):
    return evaluate(text, {**NAMES, **names}.__getitem__)


def outcome(text):
    """The value, or the error."""
    try:
        return value(text)
    except ExpressionError as error:
        return error


def _joined(parts):
    left, operation, right = parts
    return f"({left} {operation} {right})"


def _called(parts):
    name, arguments = parts
    return f"{name}({', '.join(arguments)})"


def _larger(inner):
    return st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "//", "%"]), inner).map(_joined),
        st.tuples(inner, st.sampled_from(["<", "<=", "==", "!=", ">", ">=", "and", "or"]), inner).map(_joined),
        st.tuples(inner, st.integers(-3, 5)).map(lambda parts: f"({parts[0]}) ** {parts[1]}"),
        st.tuples(inner, inner, inner).map(lambda parts: f"({parts[0]} if {parts[1]} else {parts[2]})"),
        st.tuples(inner, inner, inner).map(lambda parts: f"({parts[0]} < {parts[1]} >= {parts[2]})"),
        st.tuples(st.sampled_from(["int", "float", "abs", "round"]), inner.map(lambda text: [text])).map(_called),
        st.tuples(st.sampled_from(["min", "max"]), st.lists(inner, min_size=2, max_size=3)).map(_called),
        st.tuples(st.sampled_from(["-", "+", "not "]), inner).map(lambda parts: f"({parts[0]}{parts[1]})"),
    )


numbers = st.one_of(
    st.integers(0, 1000).map(str), st.floats(0, 1e6, allow_nan=False).map(repr), st.sampled_from([*NAMES])
)
texts = st.recursive(numbers, _larger, max_leaves=12).filter(lambda text: len(text) <= expressions.LONGEST)


def python(text):
    """What Python itself makes of it; None: an error, or no real number."""
    try:
        found = eval(text, {"__builtins__": {}, "int": int, "float": float, "abs": abs, "round": round, "min": min,
                            "max": max, **NAMES})  # fmt: skip
    except (ArithmeticError, TypeError, ValueError):
        return None
    return None if isinstance(found, complex) else found


@given(texts)
def test_a_text_comes_to_what_python_computes(text):
    expected, found = python(text), outcome(text)
    if isinstance(found, ExpressionError):
        assert expected is None or "too large" in str(found), f"{text} = {expected}"
    else:
        assert type(found) is type(expected)
        assert repr(found) == repr(expected)


@given(st.one_of(st.text(max_size=60), st.text(alphabet="0123456789n()+-*/%<>=. ,abs", max_size=80)))
def test_rubbish_is_a_number_or_one_kind_of_error_that_says_why(text):
    found = outcome(text)
    assert isinstance(found, (int, float)) or str(found)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("9 ** 9 ** 9", "the exponent 387420489 is too large"),
        ("((2 ** 4000) ** 2)", "is too large"),
        ("2 ** 4000 * 2 ** 4000", "too large"),
        ("round(n, -1000000000)", "too much"),
        ("1" * 501, "longer than 500 characters"),
        ("-" * 498 + "nn", "nested too deeply|is neither"),
        ("(" * 300 + "1" + ")" * 100, "nested|never closed"),
        ("1.5 ** 100000", "out of range|too large"),
        ("(-8) ** 0.5", "a complex is not a number"),
        ("1 / zero", "division by zero"),
        ("huge", "too large"),
        ("huge * huge", "too large"),
        ("-huge", "too large"),
        ("+".join(["n"] * 251), "longer than 500 characters"),
        ("max(" * 90 + "n" + ", 1)" * 90, "longer than 500 characters"),
        ("n ** n ** n ** n", "the exponent 823543 is too large"),
    ],
)
def test_nothing_grows_without_bound(text, reason):
    with pytest.raises(ExpressionError, match=reason):
        value(text, huge=1 << 1_000_000)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')",
        "().__class__.__bases__[0].__subclasses__()",
        "n.real.to_bytes(10 ** 9)",
        "[x for x in [y for y in [z for z in [n]]]]",
        "{x: x for x in n}",
        "sum(x for x in n)",
        "await n",
        "b'x'",
        "open('f')",
        "(lambda: 1)()",
        "[1][0]",
        "'a' * 3",
        "n.__class__",
        "n._private",
        "n.real.__init__",
        "[x for x in n]",
        "(n := 3)",
        "f'{n}'",
        "n << 3",
        "n @ n",
        "~n",
        "n is n",
        "n in n",
        "min(*n)",
        "max(n, key=n)",
        "eval(n)",
        "1j",
        "None",
        "...",
    ],
)
def test_all_but_arithmetic_is_refused(text):
    with pytest.raises(ExpressionError, match=r"not arithmetic|not a number"):
        value(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "invalid syntax"),
        ("n +", "invalid syntax"),
        ("nobody", "nobody is neither an argument of the call nor a global"),
        ("block", "a list is not a number"),
        ("word", "a str is not a number"),
        ("len(n)", "a int has no len"),
        ("min(n)", "not iterable"),
        ("int(n, n)", "argument"),
        ("n.nothing", "no attribute 'nothing'"),
    ],
)
def test_what_has_no_value_says_why(text, reason):
    with pytest.raises(ExpressionError, match=reason):
        value(text, block=[1], word="many")


class Rude:
    """Whatever is asked of it, its own code is run, and fails."""

    @property
    def size(self):
        raise KeyError("size")

    @property
    def me(self):
        return self

    def __len__(self):
        raise OSError("no length")

    def __float__(self):
        raise RuntimeError("no number")


class Endless:
    def __index__(self):
        return self.__index__()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("rude.size", "^KeyError: 'size'$"),
        ("rude.me.me.me.size + 1", "^KeyError: 'size'$"),
        ("len(rude)", "^OSError: no length$"),
        ("rude + 1", "^RuntimeError: no number$"),
        ("endless", "^it is nested too deeply$"),
    ],
)
def test_code_of_the_program_that_fails_is_one_clear_error(text, reason):
    with pytest.raises(ExpressionError, match=reason):
        value(text, rude=Rude(), endless=Endless())


def test_numbers_of_libraries_and_texts_with_numbers_count():
    np = pytest.importorskip("numpy")
    assert value("a + 1", a=np.int64(3)) == 4
    assert value("a * 2", a=np.float32(1.5)) == 3.0
    assert value("a * 2", a=" 4 ") == 8
    assert value("len(a) + a.shape_0", a=type("Block", (), {"__len__": lambda _: 3, "shape_0": 5})()) == 8
