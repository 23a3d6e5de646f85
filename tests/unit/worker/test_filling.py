"""Values in addresses and payloads: whatever they are, they stay in their place."""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycompss.errors import LaunchError
from pycompss.worker.launchers.filling import FORM, address, payload

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
)


@given(TEXTS, TEXTS)
def test_a_text_in_an_address_is_one_piece(p, q):
    parts = urlsplit("http://h/" + address("a/{{p}}/b?q={{q}}&r=1", {"p": p, "q": q}))
    assert [unquote(piece) for piece in parts.path.split("/")] == ["", "a", p, "b"]
    assert parse_qs(parts.query, keep_blank_values=True) == {"q": [q], "r": ["1"]}
    assert parts.fragment == ""


@given(VALUES, VALUES)
def test_a_value_in_json_is_itself_and_a_text_between_quotes(x, y):
    sent = payload('{"x": {{x}}, "about": "<{{y}}>", "q": "\\"{{ y }}"}', "application/json", {"x": x, "y": y})
    text = y if isinstance(y, str) else json.dumps(y, ensure_ascii=False)
    assert json.loads(sent) == {"x": x, "about": f"<{text}>", "q": f'"{text}'}


@given(TEXTS, TEXTS)
def test_a_value_in_a_form_is_one_field(a, b):
    sent = payload("a={{a}}&b={{b}}", FORM, {"a": a, "b": b}).decode()
    assert parse_qs(sent, keep_blank_values=True) == {"a": [a], "b": [b]}


def test_the_type_of_the_payload_says_how_values_are_written():
    values = {"a": "x", "n": 5}
    assert payload("{{a}}{{n}}", "text/plain", values) == b"x5"
    assert payload("[{{a}},{{n}}]", "application/ld+json; charset=utf-8", values) == b'["x",5]'


@pytest.mark.parametrize("value", [5, "x", '"'])
def test_a_payload_that_is_no_json_with_its_values_is_refused(value):
    with pytest.raises(LaunchError, match=r"@http\(payload='\[1\{\{v\}\}, NaN\]'\): with its values it is no JSON: "):
        payload("[1{{v}}, NaN]", "application/json", {"v": value})


@pytest.mark.parametrize("kind", ["application/json", FORM, "text/plain"])
def test_half_of_a_character_is_no_text(kind):
    with pytest.raises(LaunchError, match=r"@http\(payload=.*\): with its values it is no text"):
        payload('"{{v}}"', kind, {"v": "\ud800"})


def test_half_of_a_character_is_no_address():
    with pytest.raises(LaunchError, match=r"@http\(resource='a/\{\{v\}\}'\): with its values it is no text"):
        address("a/{{v}}", {"v": "\ud800"})


def test_addresses_may_be_quoted_already():
    assert address("a%20b/ü c#f", {}) == "a%20b/%C3%BC%20c#f"


def test_numpy_and_paths_have_a_form():
    values = {"a": np.arange(3), "n": np.float64(0.5), "p": PurePosixPath("/x"), "b": np.bool_(True)}
    assert json.loads(payload("[{{a}}, {{n}}, {{p}}, {{b}}]", "application/json", values)) == [
        [0, 1, 2],
        0.5,
        "/x",
        True,
    ]
    assert address("{{p}}/{{n}}", values) == "%2Fx/0.5"


@pytest.mark.parametrize("value", [{1}, float("nan"), b"x", {(1, 2): 3}])
def test_what_has_no_form_names_the_argument(value):
    for fill in (lambda v: address("{{v}}", v), lambda v: payload("{{v}}", "application/json", v)):
        with pytest.raises(LaunchError, match="the argument 'v' cannot be written as JSON"):
            fill({"v": value})


def test_an_unknown_name_is_told_with_those_that_there_are():
    with pytest.raises(LaunchError, match=r"\{\{w\}\} names no parameter of this call; it has v"):
        address("{{w}}", {"v": 1})
