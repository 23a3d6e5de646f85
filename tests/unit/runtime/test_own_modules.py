"""Which modules are the program's own, found by reading its imports."""

from __future__ import annotations

import os
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
    return [name for name, _, _ in own_modules.survey(str(main), [str(folder) for folder in folders])[0]]


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
    ((name, path, digest),), others = own_modules.survey(str(one / "app.py"), [installed, str(one), str(two)])
    assert (name, path) == ("mine.py", str(one / "mine.py"))
    assert others == ("pytest",)
    assert problem((name, path, digest), one, at_home=False) == ""
    assert problem((name, path, digest), tmp_path, at_home=False) == ""  # not there: found later on the path
    told = problem((name, path, digest), two, one, at_home=False)
    assert f"asked: {path}\n    found: {two}/mine.py, which differs" in told


def problem(module: own_code.Code, *folders: Path, at_home: bool = True) -> str:
    return own_code.problem("n", [module], [str(folder) for folder in folders], at_home=at_home)


def test_a_node_without_a_module_or_with_another_in_the_same_place_is_told_so(tmp_path: Path) -> None:
    home = tmp_path / "mine_alone.py"
    module = ("mine_alone.py", str(home), "digest")
    assert f"n (on {os.uname().nodename}) has nothing of the program's own module mine_alone.py\n" in problem(module)
    home.touch()
    told = problem(module).splitlines()
    assert "has another version of the program's own module mine_alone.py" in told[0]
    assert told[1:3] == [f"    asked: {home}", f"    found: {home}, which differs"]
    assert problem(("mine_alone.py", str(home), own_code.digest(str(home)))) == ""
    assert problem(("pytest.py", str(tmp_path / "pytest.py"), "digest")) == ""  # installed there


def test_a_program_that_is_no_file_has_no_modules(tmp_path: Path) -> None:
    assert names(tmp_path / "nothing.py", tmp_path) == []
