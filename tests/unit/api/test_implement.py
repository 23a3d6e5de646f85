"""`@implement`: which task a version belongs to, and what is wrong with it."""

from __future__ import annotations

import re
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from pycompss.api.constraint import constraint
from pycompss.api.implement import Implement, implement
from pycompss.api.parameter import COLLECTION_IN, FILE_IN, FILE_OUT, FILE_OUT_STDOUT, INOUT
from pycompss.api.task import task
from pycompss.errors import PyCOMPSsException
from pycompss.runtime import alternatives

HERE = __name__


@pytest.fixture(autouse=True)
def clean():
    """What a test leaves waiting must not be missed in the next."""
    before = list(alternatives.missing)
    yield
    alternatives.missing[:] = before


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`module("name", source)` imports a module of that source."""
    monkeypatch.syspath_prepend(tmp_path)
    names: list[str] = []

    def make(name: str, source: str) -> Any:
        header = """
            from pycompss.api.constraint import constraint
            from pycompss.api.implement import implement
            from pycompss.api.task import task
        """
        (tmp_path / f"{name}.py").write_text(textwrap.dedent(header) + textwrap.dedent(source))
        names.append(name)
        return __import__(name)

    yield make
    for name in names:
        sys.modules.pop(name, None)


def names_of(declared: Any) -> list[str]:
    return [other.name.rpartition(".")[2] for other in declared.definition.alternatives]


@task(returns=1)
def original(x, *rest, key=0, **others):
    return x


def like(**given):
    return task(**{"returns": 1, **given})(lambda x, *rest, key=0, **others: x)


def test_the_names_are_one() -> None:
    assert implement is Implement


# ---------------------------------------------------------------- finding each other


def test_a_version_finds_a_task_that_is_there(module) -> None:
    made = module(
        "first_the_task",
        """
        @task(returns=1)
        def f(x): ...

        @implement(source_class="first_the_task", method="f")
        @constraint(computing_units=2)
        @task(returns=1)
        def g(x): ...

        @implement(sourceClass="first_the_task", method="f")
        @task(returns=1)
        def h(x): ...
        """,
    )
    assert names_of(made.f) == ["g", "h"]
    assert made.g.definition.constraints == {"computing_units": 2}


def test_a_task_finds_versions_that_are_there(module) -> None:
    made = module(
        "first_the_version",
        """
        @implement(source_class="first_the_version", method="f")
        @task(returns=1)
        def g(x): ...

        @task(returns=1)
        def f(x): ...
        """,
    )
    assert names_of(made.f) == ["g"]


def test_classes_have_versions_in_other_classes_and_modules(module) -> None:
    made = module(
        "with_classes",
        """
        class A:
            @task(returns=1)
            def m(self, x): ...

            @implement(source_class="with_classes.A", method="m")
            @task(returns=1)
            def inside(self, x): ...

        class B:
            @implement(source_class="with_classes.A", method="m")
            @task(returns=1)
            def m(self, x): ...
        """,
    )
    module(
        "somewhere_else",
        """
        @implement(source_class="with_classes.A", method="m")
        @task(returns=1)
        def outside(self, x): ...
    """,
    )
    alternatives.find_missing()
    assert sorted(names_of(made.A.m)) == ["inside", "m", "outside"]


def test_a_module_that_is_imported_later_finds_its_versions(module, tmp_path: Path) -> None:
    (tmp_path / "imported_later.py").write_text("from pycompss.api.task import task\nf = task()(lambda: 1)\n")
    (tmp_path / "imported_later.py").write_text("from pycompss.api.task import task\n@task()\ndef f(): ...\n")
    module(
        "imported_first",
        """
        @implement(source_class="imported_later", method="f")
        @task()
        def g(): ...
    """,
    )
    alternatives.find_missing()  # nobody calls it yet
    assert names_of(module("imported_later", "@task()\ndef f(): ...\n").f) == ["g"]
    assert alternatives.missing == []


def test_a_version_that_is_declared_again_takes_its_place(module) -> None:
    made = module(
        "declared_again",
        """
        @task()
        def f(): ...

        for units in (1, 2):
            @implement(source_class="declared_again", method="f")
            @constraint(computing_units=units)
            @task()
            def g(): ...

        @task()
        def f(): ...
        """,
    )
    assert [other.constraints for other in made.f.definition.alternatives] == [{"computing_units": 2}]


# ---------------------------------------------------------------- what is wrong


def complaint(make: Any) -> str:
    with pytest.raises(PyCOMPSsException) as caught:
        make()
    return caught.value.message


@pytest.mark.parametrize(
    ("source_class", "method", "reason"),
    [
        ("no_such_module", "f", "there is no module 'no_such_module'"),
        ("no_such_module.C", "f", "there is no module 'no_such_module.C'"),
        (HERE, "nope", f"module {HERE} has no 'nope'"),
        (f"{HERE}.Nope", "f", f"module {HERE} has no 'Nope'"),
        (f"{HERE}.Path", "nope", "class Path has no 'nope'"),
        (HERE, "like", "'like' is no task: write @task() above it"),
    ],
)
def test_a_name_that_leads_nowhere_is_refused_with_its_line(source_class: str, method: str, reason: str) -> None:
    said = complaint(lambda: implement(source_class=source_class, method=method)(like()))
    assert said.startswith(f"@implement(source_class={source_class!r}, method={method!r}) of {HERE}.")
    assert f"{__file__}:" in said
    assert reason in said


def test_a_task_that_never_came_is_missed_at_the_first_call(module) -> None:
    sys.modules["__main__"].__dict__.pop("never_declared", None)
    implement(source_class="__main__", method="never_declared")(like())
    assert "has no 'never_declared'" in complaint(alternatives.find_missing)


@pytest.mark.parametrize(
    ("version", "reason"),
    [
        (task(returns=1)(lambda: 1), "it takes (), but "),
        (task(returns=1)(lambda x, y, *rest, key=0, **others: 1), "it takes (x, y, *rest, key=, **others), but "),
        (task(returns=1)(lambda x, key=0, **others: 1), "it takes (x, key, **others), but "),
        (task(returns=1)(lambda x, *rest, other=0, **others: 1), "it takes (x, *rest, other=, **others), but "),
        (like(x=INOUT), "parameter 'x' is OBJECT INOUT, but of "),
        (like(x=COLLECTION_IN), "parameter 'x' is COLLECTION IN, but of "),
        (like(x=FILE_IN), "parameter 'x' is FILE IN, but of "),
        (like(returns=2), "it returns 2 values, but "),
    ],
)
def test_other_parameters_or_returns_are_refused(version: Any, reason: str) -> None:
    assert reason in complaint(lambda: implement(source_class=HERE, method="original")(version))
    assert original.definition.alternatives == []


def test_a_task_is_no_other_version_of_itself() -> None:
    assert "no other version of itself" in complaint(lambda: implement(source_class=HERE, method="original")(original))


def test_streams_and_names_of_parameters_may_differ(module) -> None:
    @task(out=FILE_OUT)
    def written(out): ...

    sys.modules[HERE].written = written  # type: ignore[attr-defined]
    implement(source_class=HERE, method="written")(task(path=FILE_OUT_STDOUT)(lambda path: None))
    assert len(written.definition.alternatives) == 1


@pytest.mark.parametrize("given", [{"method": "f"}, {"source_class": "m"}])
def test_both_arguments_are_mandatory(given: dict[str, str]) -> None:
    (missing,) = {"source_class", "method"} - set(given)
    assert f"The argument {missing} is mandatory in the @implement decorator decorator." in complaint(
        lambda: implement(**given)
    )


def test_names_are_texts() -> None:
    reason = complaint(lambda: implement(source_class=3, method="f"))
    assert re.fullmatch(r".*test_implement\.py:\d+, @implement\(source_class=3\): it is a text", reason)


def test_an_old_spelling_and_unknown_arguments_are_reported(capsys) -> None:
    implement(sourceClass=HERE, method="original", units=2)
    assert capsys.readouterr().err.startswith(
        "WARNING: Deprecated argument: sourceClass Found in @implement decorator.\n Please, use: source_class\n"
        "WARNING: Unexpected argument: units Found in @implement decorator.\n"
    )


def test_what_is_no_task_is_refused() -> None:
    assert "which is no task" in complaint(lambda: implement(source_class=HERE, method="original")(len))


def test_in_sequence_each_runs_its_own_body(inline, module) -> None:
    made = module(
        "in_sequence",
        """
        @task(returns=1)
        def f(x): return "f"

        @implement(source_class="in_sequence", method="f")
        @constraint(computing_units=4)
        @task(returns=1)
        def g(x): return "g"
        """,
    )
    assert (made.f(1), made.g(1)) == ("f", "g")


def test_constraints_may_stand_above() -> None:
    version = constraint(computing_units=3)(implement(source_class=HERE, method="plain")(task(returns=1)(lambda x: x)))
    assert version.definition.constraints == {"computing_units": 3}


@task(returns=1)
def plain(x):
    return x
