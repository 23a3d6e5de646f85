"""The elements of project.xml that say how a node's processes start: <WorkingDir> and <Application>."""

from __future__ import annotations

import os
import shutil
import sys

from pycompss.core.deployment import Deployment
from pycompss.deploy.xml import Element


def deployment(node: Element, *, is_here: bool) -> Deployment:
    """What project.xml says of a node; raises ConfigurationError for a folder that is not told in full."""
    application = node.first("Application")
    if application is None:
        return Deployment(_folder(node, "WorkingDir"))
    if is_here:
        _check_interpreter(application)
    return Deployment(
        _folder(node, "WorkingDir"),
        application.text_of("PythonInterpreter") or "",
        _list(application, "EnvironmentScript"),
        (*_list(application, "AppDir"), *_list(application, "Pythonpath")),
        _list(application, "LibraryPath"),
    )


def _folder(node: Element, tag: str) -> str:
    element = node.first(tag)
    if element is None or not element.text:
        return ""
    if not os.path.isabs(element.text):
        raise element.wrong(f"is {element.text!r}; expected the absolute path of a folder of that node")
    return element.text


def _list(application: Element, tag: str) -> tuple[str, ...]:
    """The paths in elements of this name, `:` between them; `null` stands for nothing."""
    texts = [text for element in application.all(tag) for text in element.text.split(":")]
    return tuple(text for text in texts if text and text != "null")


def _check_interpreter(application: Element) -> None:
    """Workers of this machine are forked by the program's interpreter; another one is a mistake worth a line."""
    element = application.first("PythonInterpreter")
    if element is None or element.text in ("", "null", "python", "python3"):
        return
    found = shutil.which(element.text)
    if found is None or os.path.realpath(found) != os.path.realpath(sys.executable):
        sys.stderr.write(
            f"WARNING: {element.place}: <PythonInterpreter> {element.text} is not used on this machine, "
            f"whose tasks run in the program's interpreter: {sys.executable}\n"
        )
