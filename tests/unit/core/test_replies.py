"""Markers in the form of a reply, and what of a reply they stand for."""

from __future__ import annotations

import json
from contextlib import suppress
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycompss.core.replies import Update, number_of_returns, parse_produces, parse_updates, put, shown, value_at

# -- replies of any form, some places of which are marked

KEYS = st.text(max_size=5).filter(lambda key: "{{" not in key)
TEXTS = st.text(max_size=5).filter(lambda text: "{{" not in text)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS
REPLIES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4))


def places(value, path=()):
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, item in items:
        yield from places(item, (*path, step))


def marked(value, marks, path=()):
    """The value with markers in its places."""
    if path in marks:
        return f"{{{{{marks[path]}}}}}"
    if isinstance(value, dict):
        return {key: marked(item, marks, (*path, key)) for key, item in value.items()}
    return [marked(item, marks, (*path, i)) for i, item in enumerate(value)] if isinstance(value, list) else value


@given(REPLIES, st.data(), st.booleans())
def test_a_marker_finds_what_is_in_its_place(reply, data, is_bare):
    chosen = data.draw(st.lists(st.sampled_from(sorted(places(reply), key=str)), unique=True, max_size=4))
    chosen = [path for path in chosen if not any(path[: len(other)] == other for other in chosen if other != path)]
    marks = {path: f"return_{number}" for number, path in enumerate(chosen)}
    form = json.dumps(marked(reply, marks))
    for mark in marks.values() if is_bare else ():
        form = form.replace(f'"{{{{{mark}}}}}"', f"{{{{ {mark} }}}}")
    produced = parse_produces(form)
    assert produced == {mark: path for path, mark in marks.items()}
    assert number_of_returns(produced) == len(chosen)
    for name, path in produced.items():
        expected = reply
        for step in path:
            expected = expected[step]
        assert value_at(reply, path) == expected, name


@given(st.text())
def test_any_text_is_a_form_or_is_refused_as_none(text):
    with suppress(ValueError):
        assert all(name in text for name in parse_produces(text))


NAMES = st.from_regex(r"[A-Za-z_]\w{0,5}", fullmatch=True)
FIELDS = st.from_regex(r"[A-Za-z0-9_-]{1,5}", fullmatch=True)
SPACES = st.sampled_from(["", " ", "  "])


@given(st.lists(st.tuples(NAMES, st.lists(FIELDS, min_size=1, max_size=3), NAMES), max_size=3), SPACES)
def test_updates_are_read_as_they_are_written(given_, space):
    text = f"{space};".join(
        f"{{{{{space}{target}{space}}}}}.{'.'.join(path)}{space}={space}{{{{{source}}}}}"
        for target, path, source in given_
    )
    assert parse_updates(text) == tuple(Update(target, tuple(path), source) for target, path, source in given_)


@pytest.mark.parametrize("text", ["{{p}} = {{x}}", "{{p}}.a = 5", "p.a = {{x}}", "{{p}}.a {{x}}", "{{p}}.a. = {{x}}"])
def test_other_updates_are_refused(text):
    with pytest.raises(ValueError, match="is not of the form"):
        parse_updates(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{'a': 1}", "not of the form of JSON"),
        ("[" * 100_000, "not of the form of JSON"),
        ('{"{{return_0}}": 1}', "is no place for a marker"),
        ('"about {{return_0}}"', "a marker stands for a whole value"),
        ('["{{x}}", {{x}}]', r"\{\{x\}\} is there twice"),
        ('["{{return_0}}", {{return_2}}]', r"there is no \{\{return_1\}\}"),
    ],
)
def test_a_form_that_makes_no_sense_is_refused(text, reason):
    with pytest.raises(ValueError, match=reason):
        parse_produces(text)


@pytest.mark.parametrize(
    ("reply", "path", "reason"),
    [
        ({"b": 1}, ("a",), r"the reply has no field 'a'; it is an object with 'b'"),
        ({"a": {}}, ("a", "b"), r'the reply\["a"\] has no field \'b\'; it is an empty object'),
        ({"a": [1, 2]}, ("a", 2), "has no element 2; it is a list of 2"),
        ({"a": [1, 2]}, ("a", "b"), "has no field 'b'; it is a list of 2"),
        ({"0": 1}, (0,), "has no element 0; it is an object with '0'"),
        ("text", (0,), "has no element 0; it is a str"),
        (None, ("a",), "has no field 'a'; it is null"),
        (dict.fromkeys(map(str, range(11))), ("a",), "'9', …"),
    ],
)
def test_what_is_not_there_is_told(reply, path, reason):
    with pytest.raises(LookupError, match=reason):
        value_at(reply, path)


def test_places_are_shown_as_python_would_write_them():
    assert shown(()) == "the reply"
    assert shown(("ä", 0)) == 'the reply["ä"][0]'


def test_values_are_put_into_dicts_lists_and_attributes():
    inner = SimpleNamespace(items=[{"a": 1}])
    put({"x": inner}, ("x", "items", "0", "a"), 2)
    put(inner.items, ("0",), "first")
    assert inner.items == ["first"]
    put(inner, ("new",), 3)
    assert inner.new == 3


@pytest.mark.parametrize(
    ("target", "path", "reason"),
    [
        ({}, ("a", "b"), "a dict has no 'a'"),
        ([], ("a", "b"), "a list has no 'a'"),
        ([1], ("5",), "a list cannot take '5'"),
        ([1], ("a",), "a list cannot take 'a'"),
        (5, ("a",), "a int cannot take 'a'"),
        (5, ("a", "b"), "a int has no 'a'"),
    ],
)
def test_where_nothing_can_be_put_is_told(target, path, reason):
    with pytest.raises(LookupError, match=reason):
        put(target, path, 1)
