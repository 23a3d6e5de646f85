"""Values become words of a command line."""

from __future__ import annotations

import ast
import fractions
import pathlib

import numpy as np
import pytest

from pycompss.core.parameter import Direction, Kind, Spec, Stream
from pycompss.errors import LaunchError
from pycompss.worker.launchers import commandline
from pycompss.worker.launchers.commandline import Several, parameter_of

FILE = parameter_of(Spec(Kind.FILE))


@pytest.fixture
def folder(tmp_path):
    for name in ("a.txt", "b.txt", "c.dat", ".hidden.txt"):
        (tmp_path / name).touch()
    return str(tmp_path)


TIMES = [np.datetime64("2020-01-01"), np.datetime64("2020-01-01", "ns"), np.timedelta64(5, "D")]


def words_of(values, parameters=None, folder="/nowhere"):
    return commandline.words_of(values, parameters or {}, folder)


def template(text, values, parameters=None, folder="/nowhere"):
    return commandline.words_of_template(text, values, parameters or {}, folder)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a b", "a b"),
        ("$HOME # ; rm -rf `x` 'q' \"", "$HOME # ; rm -rf `x` 'q' \""),
        (3, "3"),
        (-1.5, "-1.5"),
        (True, "true"),
        (False, "false"),
        (None, "None"),
        (pathlib.Path("x/y"), "x/y"),
        (np.float64(2.5), "2.5"),
        (np.int32(7), "7"),
        (np.bool_(True), "true"),
        (np.float32(0.1), "0.1"),  # and not 0.10000000149011612
        (np.array(0.1, np.float16), "0.1"),
        (np.longdouble("0.5"), "0.5"),
        (np.complex64(1 + 0.1j), "(1+0.1j)"),
        (np.array("text"), "text"),
        (fractions.Fraction(1, 3), "1/3"),
        ("", ""),
    ],
)
def test_a_value_is_one_word(value, text):
    assert words_of({"x": value}) == [text]


@pytest.mark.parametrize("value", [[1], {"a": 1}, object(), np.zeros(2), b"x", *TIMES])
def test_what_has_no_text_is_refused_by_name(value):
    with pytest.raises(LaunchError, match=r"the argument 'x' is a .*, which has no place on a command line"):
        words_of({"x": value})


def test_what_is_not_shown_may_be_anything():
    hidden = parameter_of(Spec(prefix="#"))
    assert words_of({"x": [1], "y": 2}, {"x": hidden}) == ["2"]
    assert template("{{y}}", {"x": [1], "y": 2}) == ["2"]


def test_prefixes_and_streams():
    parameters = {
        "a": parameter_of(Spec(Kind.FILE, prefix="--in=")),
        "out": parameter_of(Spec(Kind.FILE, Direction.OUT, stream=Stream.STDOUT)),
    }
    assert words_of({"a": "/x y", "out": "/o", "b": 1}, parameters) == ["--in=/x y", "1"]


def test_several_values_are_several_words():
    values = {"first": 0, "rest": Several(("a b", 2))}
    assert words_of(values) == ["0", "a b", "2"]
    assert template("{{rest}} -n={{rest}}", values) == ["a b", "2", "-n=a b 2"]


def test_texts_name_files_as_in_a_shell(folder):
    assert words_of({"x": "*.txt"}, folder=folder) == ["a.txt", "b.txt"]
    assert words_of({"x": "[!a].txt"}, folder=folder) == ["b.txt"]
    assert words_of({"x": "[^a].txt"}, folder=folder) == ["b.txt"]
    assert words_of({"x": "*.none"}, folder=folder) == ["*.none"]
    assert template("-l ?.* '*.txt' x{{p}}", {"p": "*"}, folder=folder) == [
        "-l",
        "a.txt",
        "b.txt",
        "c.dat",
        "*.txt",
        "x*",
    ]


def test_values_in_a_template_name_no_files(folder):
    values = {"x": "*.txt", "rest": Several(("?.txt", 1)), "d": "[a", "here": "."}
    assert template("{{x}} {{rest}} -i={{x}} '{{x}}' {{d}}*", values, folder=folder) == [
        "*.txt",
        "?.txt",
        "1",
        "-i=*.txt",
        "*.txt",
        "[a*",
    ]
    assert template("{{here}}/*.txt", values, folder=folder) == ["./a.txt", "./b.txt"]


def test_paths_of_files_are_taken_as_they_are(folder):
    assert words_of({"f": "*.txt"}, {"f": FILE}, folder) == ["*.txt"]
    assert template("{{f}}", {"f": "*.txt"}, {"f": FILE}, folder) == ["*.txt"]


def test_a_value_with_blanks_stays_in_one_word():
    assert template("-d {{d}} --x={{d}}!", {"d": "a  b'c"}) == ["-d", "a  b'c", "--x=a  b'c!"]


def test_names_in_values_mean_nothing():
    assert template("{{a}}", {"a": "{{b}}", "b": "secret"}) == ["{{b}}"]


def test_an_unknown_name_is_refused_with_those_that_exist():
    with pytest.raises(LaunchError, match=r"\{\{c\}\} names no parameter of this call; it has a, b"):
        template("{{c}}", {"a": 1, "b": 2})


def rows_of_the_docs():
    """(args or None, values, words), as docs/kinds-of-task.md tells them."""
    page = (pathlib.Path(__file__).parents[3] / "docs" / "kinds-of-task.md").read_text()
    _, _, table = page.partition("<!-- begin: words -->")
    for row in table.partition("<!-- end: words -->")[0].splitlines()[3:]:
        args, values, words = (cell.strip().strip("`") for cell in row.strip("|").split("|"))
        yield args or None, ast.literal_eval(values), ast.literal_eval(words)


@pytest.mark.parametrize(("args", "values", "words"), list(rows_of_the_docs()))
def test_the_words_are_those_of_the_docs(folder, args, values, words):
    assert (words_of(values, folder=folder) if args is None else template(args, values, folder=folder)) == words


def test_the_docs_have_such_rows():
    assert len(list(rows_of_the_docs())) > 5
