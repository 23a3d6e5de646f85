"""Site files are read, not run."""

from __future__ import annotations

from pathlib import Path

import pytest

from pycompss.deploy.batch import assignments


def values(text: str, **environ: str) -> dict[str, str]:
    found, _ = assignments.read(text.splitlines(), "site.cfg", environ)
    return {name: assignment.text for name, assignment in found.items()}


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("X=12", "12"),
        ("X=", ""),
        ("  export X=a.b-c/d", "a.b-c/d"),
        ('X="two words" # why', "two words"),
        ("X='$HOME as it is'", "$HOME as it is"),
        ('X="$HOME/${DISK}/${NONE}x"', "/home/me/ssd/x"),
        ('X="${NONE:-other}"', "other"),
        (r'X="a \"b\" \$HOME"', 'a "b" $HOME'),
        ("X=a'b c'\"d e\"f", "ab cd ef"),
        ("X=one#two", "one#two"),
        ("Y=1; X=2;", "2"),
        ("X=${HOME}/x", "/home/me/x"),
    ],
)
def test_a_value_is_what_a_shell_would_make_of_it(line: str, value: str) -> None:
    assert values(line, HOME="/home/me", DISK="ssd")["X"] == value


def test_a_value_may_refer_to_earlier_ones_and_the_last_counts() -> None:
    assert values('A=1\nB="$A-$A"\nA=2\nC=$A') == {"A": "2", "B": "1-1", "C": "2"}


@pytest.mark.parametrize(
    "line",
    [
        "X=$(touch made)",
        'X="`touch made`"',
        "touch made",
        "if true; then X=1; fi",
        "X=1 touch made",
        "X=1 && touch made",
    ],
)
def test_what_would_run_something_is_left_out_and_named(line: str, tmp_path: Path) -> None:
    found, omitted = assignments.read(["A=1", line, "B=2"], "site.cfg", {})
    assert (list(found), [place for place, _ in omitted]) == (["A", "B"], ["site.cfg:2"])
    assert not Path("made").exists()


def test_the_place_of_a_value_is_known() -> None:
    found, _ = assignments.read(["", "# comment", "X=1"], "site.cfg", {})
    assert found["X"].place == "site.cfg:3"
