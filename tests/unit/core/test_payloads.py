"""What can be JSON once parameters are filled in, and what cannot."""

from __future__ import annotations

import pytest

from pycompss.core.payloads import check_template, is_json


@pytest.mark.parametrize(
    "template",
    [
        "{{x}}",
        '{"a": {{x}}, "b": "of {{x}} \\" {{ y }}"}',
        "{ {{name}}: [{{x}}]}",
        "[-1{{digits}}.5]",
        r'"\u{{digits}}"',
        " ",
    ],
)  # fmt: skip
def test_what_may_be_json_passes(template):
    check_template(template)


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ('{"a": {{x}}', r"Expecting ',' delimiter: line 1 column 9 .*: \{\"a\": \"\"$"),
        ("{'a': {{x}}}", "Expecting property name"),
        ('{"a": "{{x}}}', "Expecting ',' delimiter"),
        ("{{x}} {{y}}", "Extra data"),
        ("a={{x}}", "Expecting value"),
        ("[NaN]", "NaN has no place in JSON"),
    ],
)
def test_what_is_no_json_whatever_the_values_are_is_refused(template, reason):
    with pytest.raises(ValueError, match=reason):
        check_template(template)


def test_which_types_are_json():
    assert is_json("application/json; charset=utf-8")
    assert is_json("a/b+json")
    assert not is_json("text/plain")
    assert not is_json("a/jsonx")
