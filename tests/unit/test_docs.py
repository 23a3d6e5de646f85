"""What the documentation shows is what happens."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

from pycompss.runtime.constraint_keys import KEYS
from tests.support.launch import REPOSITORY

PAGES = ["README.md", "CONTRIBUTING.md", *sorted(f"docs/{path.name}" for path in (REPOSITORY / "docs").glob("*.md"))]
README = (REPOSITORY / "README.md").read_text()
MODEL = (REPOSITORY / "docs/programming-model.md").read_text()
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def programs(text: str) -> list[tuple[str, str]]:
    """Every python block and the text block that follows it: a program and what it prints."""
    blocks = BLOCK.findall(text)
    return [
        (program, printed)
        for (language, program), (form, printed) in itertools.pairwise(blocks)
        if (language, form) == ("python", "text")
    ]


def links(path: Path) -> list[str]:
    prose = re.sub(r"^```.*?^```|`[^`\n]*`", "", path.read_text(), flags=re.MULTILINE | re.DOTALL)
    return [link for link in re.findall(r"\]\(([^)#]+)\)", prose) if "://" not in link]


def test_every_program_of_the_readme_has_its_output() -> None:
    assert len(programs(README)) == README.count("```python") > 0


@pytest.mark.parametrize("engine", ["local", "inline"])
@pytest.mark.parametrize("number", range(len(programs(README))))
def test_a_program_of_the_readme_prints_what_it_says(run_program, number: int, engine: str) -> None:
    source, printed = programs(README)[number]
    assert run_program(source, engine=engine).succeeded().stdout == printed


@pytest.mark.parametrize("number", range(len(programs(MODEL))))
def test_a_program_about_the_model_prints_what_its_page_says(run_program, number: int) -> None:
    source, printed = programs(MODEL)[number]
    assert run_program(source).succeeded().stdout == printed


def test_every_program_about_the_model_has_its_output() -> None:
    assert len(programs(MODEL)) == MODEL.count("```python") > 0


def test_the_program_about_constraints_prints_what_its_page_says(run_program) -> None:
    ((source, printed),) = programs((REPOSITORY / "docs/constraints.md").read_text())
    flags = ["--cpus_per_node=2", "--gpus_per_node=1"]
    result = run_program(source, launcher="runcompss", flags=flags, env={"CUDA_VISIBLE_DEVICES": None}).succeeded()
    assert printed in result.stdout


def test_every_key_of_a_constraint_has_its_row() -> None:
    table = (REPOSITORY / "docs/constraints.md").read_text().partition("## Keys")[2].partition("### ")[0]
    first_cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert sorted(key for cell in first_cells for key in re.findall(r"`(\w+)`", cell)) == sorted(KEYS)


@pytest.mark.parametrize("name", PAGES)
def test_links_inside_the_repository_lead_somewhere(name: str) -> None:
    path = REPOSITORY / name
    assert [link for link in links(path) if not (path.parent / link).exists()] == []


def test_every_dependency_is_explained() -> None:
    project = (REPOSITORY / "pyproject.toml").read_text().partition("[project.scripts]")[0]
    explained = (REPOSITORY / "docs/dependencies.md").read_text()
    names = re.findall(r'^ *"([\w-]+)[>=]', project, re.MULTILINE)
    assert {"cloudpickle", "pytest"} <= set(names)
    assert [name for name in names if f"`{name}`" not in explained] == []
