"""Tests that pages of the documentation name, and what these tests use.

A link `[`test_x`](../tests/file.py)` means the function `test_x` in that file. What a test uses is what its own code
says, and that of the functions, classes, constants and fixtures that it mentions, in its module and in those of
`tests` that it imports from.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tests.support.launch import REPOSITORY

_LINK = re.compile(r"\[`(test_\w+)`\]\(([^)#]+)\)")
_DECORATOR = re.compile(r"@(\w+)\(")
_GIVEN = re.compile(r"(\w+) ?=")


class Named(NamedTuple):
    """A test by its file and name."""

    file: Path
    name: str

    @property
    def exists(self) -> bool:
        return self.file.is_file() and self.name in _functions(self.file)


def named_in(text: str, folder: Path) -> list[Named]:
    """The tests that a piece of a page in this folder names."""
    return [Named((folder / link).resolve(), name) for name, link in _LINK.findall(text)]


def names_in(test: Named) -> frozenset[str]:
    """The names that the test mentions, those of decorators in the texts of its programs among them."""
    return frozenset(name.rpartition(".")[2] for name in _mentioned(_used(test)))


def given_in(test: Named) -> frozenset[str]:
    """The arguments that the test gives: keywords, keys, texts that are a name, and `name=` in longer texts."""
    return frozenset(_given(_used(test)))


def _used(test: Named) -> list[ast.AST]:
    found: list[ast.AST] = []
    waiting: list[tuple[Path, ast.AST]] = [(test.file, _functions(test.file)[test.name])]
    while waiting:
        file, node = waiting.pop()
        if node in found:
            continue
        found.append(node)
        defined = _defined(file)
        waiting += [defined[name] for name in _mentioned([node]) if name in defined]
    return found


def _inside(nodes: list[ast.AST]) -> Iterator[ast.AST]:
    """Every node but the docstrings."""
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        yield node
        waiting += [
            child
            for child in ast.iter_child_nodes(node)
            if not (isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant))
        ]


def _mentioned(nodes: list[ast.AST]) -> Iterator[str]:
    for node in _inside(nodes):
        match node:
            case ast.Name(id=name) | ast.arg(arg=name):
                yield name
            case ast.Attribute(value=ast.Name(id=module), attr=name):
                yield f"{module}.{name}"
            case ast.Constant(value=str(text)):
                yield from [text] if text.isidentifier() else _DECORATOR.findall(text)


def _given(nodes: list[ast.AST]) -> Iterator[str]:
    for node in _inside(nodes):
        match node:
            case ast.keyword(arg=str(name)) | ast.arg(arg=name):
                yield name
            case ast.Constant(value=str(text)):
                yield from [text] if text.isidentifier() else _GIVEN.findall(text)


@cache
def _tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text())


@cache
def _functions(file: Path) -> dict[str, ast.AST]:
    return {node.name: node for node in ast.walk(_tree(file)) if isinstance(node, ast.FunctionDef)}


@cache
def _defined(file: Path) -> dict[str, tuple[Path, ast.AST]]:
    """What the module defines, and what of `tests` it imports; of modules, as `module.name`."""
    found: dict[str, tuple[Path, ast.AST]] = {}
    for node in _tree(file).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found[node.name] = file, node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found.update({target.id: (file, node) for target in targets if isinstance(target, ast.Name)})
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tests."):
            found.update(_imported(node))
    return found


def _imported(node: ast.ImportFrom) -> dict[str, tuple[Path, ast.AST]]:
    package = REPOSITORY / str(node.module).replace(".", "/")
    names = [alias.name for alias in node.names]
    found: dict[str, tuple[Path, ast.AST]] = {}
    for module in (package / f"{name}.py" for name in names):
        if module.is_file():
            found |= {f"{module.stem}.{name}": place for name, place in _defined(module).items()}
    inside = _defined(package.with_suffix(".py")) if package.with_suffix(".py").is_file() else {}
    return found | {name: inside[name] for name in names if name in inside}
