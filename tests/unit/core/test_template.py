"""Templates are split before values are put in."""

from __future__ import annotations

import pytest

from pycompss.core.template import LITERAL, QUOTED, VALUE, fill, names_in, words


def test_names_are_found_and_filled():
    text = "{{a}}/x-{{ b }}.{{a}}"
    assert names_in(text) == ["a", "b", "a"]
    assert fill(text, str.upper) == "A/x-B.A"


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", []),
        ("-d  {{d}} x", [[(LITERAL, "-d")], [(VALUE, "d")], [(LITERAL, "x")]]),
        ("--in={{ a }}{{b}}", [[(LITERAL, "--in="), (VALUE, "a"), (VALUE, "b")]]),
        ("-e 's/a b/c/' \"{{x}} y\"", [[(LITERAL, "-e")], [(QUOTED, "s/a b/c/")], [(QUOTED, "{{x}} y")]]),
        ("a'b c'd", [[(LITERAL, "a"), (QUOTED, "b c"), (LITERAL, "d")]]),
        ("it's {brace} {{not a name}}", None),
    ],
)
def test_words_come_in_pieces(text, pieces):
    found = list(words(text))
    if pieces is not None:
        assert found == pieces
    else:  # a lone quote, and braces that are no name, are text
        assert ["".join(part for _, part in word) for word in found] == ["it's", "{brace}", "{{not", "a", "name}}"]
