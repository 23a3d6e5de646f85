"""An application becomes the `__main__` of this process."""

from __future__ import annotations

import os
import signal
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pycompss.cli import main as commands
from pycompss.cli import program

Write = Callable[[str], str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(source: str) -> str:
        path = tmp_path / "app.py"
        path.write_text(textwrap.dedent(source))
        return str(path)

    return write


@pytest.fixture(autouse=True)
def same_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The test's own main module and arguments afterwards."""
    main, handler = sys.modules["__main__"], signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(sys, "argv", sys.argv)
    yield
    sys.modules["__main__"] = main
    assert signal.getsignal(signal.SIGTERM) is handler


def run(path: str, *args: str) -> int:
    code = program.load(path)
    program.become_main(code)
    return program.execute(code, path, args)


def refusal(path: str) -> str:
    with pytest.raises(program.CannotRun) as caught:
        program.load(path)
    return str(caught.value)


def test_it_is_the_main_module(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    path = write("""
        import __main__
        class Found: pass
        print(__name__, __file__, Found.__module__, __main__.Found is Found, sys.argv)
    """)
    assert run(path, "a b", "-x") == 0
    assert capsys.readouterr().out == f"__main__ {path} __main__ True {[path, 'a b', '-x']}\n"


@pytest.mark.parametrize(
    ("source", "code", "said"),
    [
        ("sys.exit()", 0, ""),
        ("sys.exit(0)", 0, ""),
        ("sys.exit(None)", 0, ""),
        ("sys.exit(True)", 1, "[ ERROR ]: User program ended with exitcode 1.\n"),
        ("sys.exit(3)", 3, "[ ERROR ]: User program ended with exitcode 3.\n"),
        ("sys.exit(-1)", 255, "[ ERROR ]: User program ended with exitcode 255.\n"),
        ("raise SystemExit(4)", 4, "[ ERROR ]: User program ended with exitcode 4.\n"),
        ("sys.exit('no input')", 1, "no input\n[ ERROR ]: User program ended with exitcode 1.\n"),
        ("raise KeyboardInterrupt", 130, "Interrupted.\n"),
    ],
)
def test_its_end_is_an_exit_code(
    write: Write, capsys: pytest.CaptureFixture[str], source: str, code: int, said: str
) -> None:
    assert run(write(source)) == code
    assert capsys.readouterr().err == said


def test_an_exception_shows_the_frames_of_the_program_only(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    path = write("def f():\n    raise ValueError('the reason')\n\nf()\n")
    assert run(path) == 1
    lines = capsys.readouterr().err.splitlines()
    assert [line for line in lines if line.startswith("  File")] == [
        f'  File "{path}", line 4, in <module>',
        f'  File "{path}", line 2, in f',
    ]
    assert lines[-1] == "ValueError: the reason"


def test_sigterm_ends_it(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    path = write("""
        import os, signal
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            signal.pause()
        except Exception:
            print("is no Exception")
        finally:
            print("finally")
    """)
    assert run(path) == 143
    assert capsys.readouterr() == ("finally\n", "Terminated.\n")


def test_a_missing_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app.py").write_text("")
    assert refusal("none.py") == f"The application none.py does not exist in {tmp_path}"
    assert refusal("app") == f"The application app does not exist in {tmp_path} (did you mean app.py?)"


@pytest.mark.parametrize(
    ("written", "meant"), [("gengrap", "gengraph"), ("Monitor", "monitor"), ("enviroment", "environment")]
)
def test_a_misspelt_command_is_no_application(
    written: str, meant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert commands.main([written, "x"]) == 1
    told = f"[ ERROR ]: There is no command, and no application, {written} (did you mean {meant}?)\n"
    assert capsys.readouterr().err == told


def test_a_folder_cannot_be_run(tmp_path: Path) -> None:
    assert refusal(str(tmp_path)) == f"The application {tmp_path} cannot be read: Is a directory"


def test_a_syntax_error_is_shown_where_it_is(write: Write) -> None:
    path = write("x = 1\nif x:\n    y = (1 +\n")
    lines = refusal(path).splitlines()
    assert lines[0].startswith(f"The application has a syntax error at {path}:3: ")
    assert (lines[1], lines[2].index("^")) == ("    y = (1 +", lines[1].index("("))


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "app").write_bytes(b"\x7fELF\0\0")
    assert str(tmp_path / "app") in refusal(str(tmp_path / "app"))


def test_the_encoding_of_the_source_is_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "app.py"
    path.write_bytes("# -*- coding: latin-1 -*-\nprint('é')\n".encode("latin-1"))
    assert run(str(path)) == 0
    assert capsys.readouterr().out == "é\n"


def test_the_search_path_begins_with_the_folder_of_the_application(tmp_path: Path) -> None:
    path = program.search_path(["/bin-of-command", "/lib", os.getcwd()], str(tmp_path / "app.py"), ["/more"])
    assert path == [str(tmp_path), "/more", os.getcwd(), "/lib"]
