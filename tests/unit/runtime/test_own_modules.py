"""Which modules are the program's own, found by reading its imports."""

from __future__ import annotations

import sysconfig
from pathlib import Path

from pycompss.engines.dask import own_code
from pycompss.runtime import own_modules


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def names(main: Path, *folders: object) -> list[str]:
    return [name for name, _, _ in own_modules.code(str(main), [str(folder) for folder in folders])]


def test_modules_and_whole_packages_are_found_through_imports_anywhere(tmp_path: Path) -> None:
    write(
        tmp_path,
        app="import os, numpy\nfrom first import x\n\ndef f():\n    import package.inner as p\n",
        first="import second\nimport app",
        second="from . import nothing\nimport third.deep",
        package__inner="import last",
        package__other="",
        last="def broken(:",
        unused="",
    )
    found = names(tmp_path / "app.py", tmp_path)
    assert found == ["app.py", "first.py", "last.py", "package/inner.py", "package/other.py", "second.py"]


def test_the_first_folder_counts_and_what_is_installed_is_not_the_programs(tmp_path: Path) -> None:
    write(tmp_path / "one", app="import mine, pycompss, pytest, json", mine="1")
    write(tmp_path / "two", mine="2", pycompss="")
    one, two = tmp_path / "one", tmp_path / "two"
    installed = sysconfig.get_paths()["purelib"]
    ((name, path, digest),) = own_modules.code(str(one / "app.py"), [installed, str(one), str(two)])
    assert (name, path) == ("mine.py", str(one / "mine.py"))
    assert own_code.problem("n", [(name, path, digest)], [str(one)]) == ""
    assert own_code.problem("n", [(name, path, digest)], [str(tmp_path)]) == ""  # not there: found later on the path
    told = own_code.problem("n", [(name, path, digest)], [str(two), str(one)])
    assert f"asked: {path}\n    found: {two}/mine.py, which differs" in told


def test_a_program_that_is_no_file_has_no_modules(tmp_path: Path) -> None:
    assert names(tmp_path / "nothing.py", tmp_path) == []
