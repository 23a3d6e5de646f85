"""What kind of task a call is, for whoever runs it: a `Launcher` in the place of the function.

Texts of decorators are read here, in the program's process: `$VAR` is a variable of its environment, a number may be
the name of a global of its module. `{{parameter}}` has to wait for the worker, which has the values.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pycompss.core import template
from pycompss.core.parameter import Spec
from pycompss.core.task import Definition
from pycompss.errors import PyCOMPSsException, TaskWarning
from pycompss.runtime.places import shown, warn, where_called
from pycompss.runtime.services import HTTP, address

if TYPE_CHECKING:
    from pycompss.runtime.binding import Bound
    from pycompss.runtime.services import Services
    from pycompss.worker.launchers.launcher import Launcher

Reference = Callable[[Callable[..., Any]], bytes]

_AROUND = frozenset({"prolog", "epilog", "multinode", "container"})  # decorators that leave the function what it is
_VERBATIM = frozenset({HTTP})  # whose texts may have a $ of their own
_TEMPLATES = {HTTP: ("resource", "payload")}
_USUAL_TEMPLATES = ("args", "working_dir")
_SPLIT = ("args", "flags", "options", "runcompss", "runner")  # texts that become words
_NO_CONTAINER = {  # kinds of tasks around which there is none, and why
    "mpi": "a runner on this machine cannot start ranks in a container; let the container's engine be the binary",
    "mpmd_mpi": "a runner on this machine cannot start ranks in a container; let the container's engine be a binary",
    HTTP: "a request to a service is made by the worker itself, which is in no container",
}
MPI = frozenset({"mpi", "mpmd_mpi"})  # kinds of tasks that have ranks
_COUNTS = frozenset({"processes", "processes_per_node", "computing_nodes"})
_NAME = r"\$(?:\{(\w+)\}|([A-Za-z_]\w*))"
_VARIABLE = re.compile(rf"('[^']*')|{_NAME}")
_VARIABLE_IN_WORDS = re.compile(rf"""('[^']*')|("[^"]*")|{_NAME}""")
_VARIABLE_IN_QUOTES = re.compile(_NAME)
_QUOTE = re.compile("""['"]""")
_OWNERS = ("self", "cls")


def is_launched(definition: Definition) -> bool:
    """Whether a call is more than a call of the function."""
    return definition.launcher != "python" or not _AROUND.isdisjoint(definition.options)


def is_python_mpi(definition: Definition) -> bool:
    """Whether the task's own function runs in every rank."""
    return definition.launcher == "mpi" and "binary" not in definition.options["mpi"]


def is_program(definition: Definition) -> bool:
    """Whether the task is a program, which knows nothing of the values of Python."""
    return definition.launcher not in ("python", HTTP) and not is_python_mpi(definition)


def failure_defaults(definition: Definition, given: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """What the task gives when it is ignored: the call's own, else the decorator's; programs ignore defaults."""
    return {} if is_program(definition) else given or definition.failure_defaults


def processes(definition: Definition) -> int:
    """How many times a call needs what its constraints say: once for each rank."""
    if definition.launcher not in MPI:
        return 1
    from pycompss.runtime import ranks  # noqa: PLC0415  (few programs need it)

    return ranks.processes(definition)


def launcher(definition: Definition, bound: Bound, services: Services, reference: Reference | None = None) -> Launcher:
    """What is called in the place of the function; without `reference`, which names functions on the wire, here.

    A Python function that is called here runs here, not in a container.

    Raises:
        PyCOMPSsException: a decorator's argument makes no sense for this call; names task, argument and line.
    """
    from pycompss.worker.launchers.launcher import Launcher, Settings  # noqa: PLC0415  (few programs need it)

    options = {name: _expanded(definition, name, given) for name, given in definition.options.items()}
    if reference is None and definition.launcher == "python":
        options.pop("container", None)  # in sequence, functions run in the program's process
    if definition.launcher in MPI:
        options[definition.launcher] = _with_ranks(definition, bound, options)
    if definition.launcher == HTTP:
        options[HTTP] = {**options[HTTP], "address": address(definition, services)}
    order = _order(definition, bound)
    if definition.varkw is not None:
        check_names(definition, options, {*order, *bound.keywords}, f" ({where_called()})")
    return Launcher(
        Settings(
            definition.name,
            f"{definition.file}:{definition.line}",
            definition.launcher,
            options,
            definition.parameters,
            definition.varargs or "",
            order,
            _parameters(definition),
            _working_directory(),
            reference(definition.function) if reference is not None and _calls_function(definition) else b"",
        ),
        definition.function if reference is None else None,
    )


def check_names(definition: Definition, options: Mapping[str, Any], names: set[str], place: str = "") -> None:
    """Refuse templates that refer to parameters which do not exist; place: of a call, for the message."""
    for decorator, key, text in _texts(options, lambda decorator: _TEMPLATES.get(decorator, _USUAL_TEMPLATES)):
        for name in template.names_in(text):
            if name not in names:
                reason = f"{{{{{name}}}}} names no parameter of the task{place}"
                raise complaint(definition, decorator, f"{key}={shown(text)}", reason)


def check_quotes(definition: Definition, options: Mapping[str, Any]) -> None:
    """Refuse texts for command lines with a quote that is never closed."""
    for decorator, key, text in _texts(options, lambda _: _SPLIT):
        word = template.unclosed(text)
        if word:
            reason = f"the quote in {word} is never closed; a quote itself goes between quotes of the other kind"
            raise complaint(definition, decorator, f"{key}={shown(text)}", reason)


def check_container(definition: Definition) -> None:
    """Refuse a container around what does not run in one."""
    reason = _NO_CONTAINER.get(definition.launcher)
    if reason is not None and "container" in definition.options:
        raise complaint(definition, "container", "…", f"it is above @{definition.launcher}, and {reason}")


def complaint(definition: Definition, decorator: str, argument: str, reason: str) -> PyCOMPSsException:
    """An error about an argument of a decorator."""
    return PyCOMPSsException(
        f"task {definition.name} ({definition.file}:{definition.line}), @{decorator}({argument}): {reason}"
    )


def count(definition: Definition, key: str, given: Any) -> int:
    """A number that is given as such, as text, as "$VAR", or as the name of a global of the module."""
    text = expand(given) if isinstance(given, str) else given
    if isinstance(text, str) and not text.strip().isdigit():
        text = getattr(definition.function, "__globals__", {}).get(text.strip(), given)
    try:
        number = int(text)
    except (TypeError, ValueError, OverflowError):
        number = 0
    if number < 1 or isinstance(text, bool):
        reason = "it is a positive number, '$VAR', or the name of a global that is one"
        raise complaint(definition, _sayer(definition, key), f"{key}={shown(given)}", f"{reason} ({where_called()})")
    return number


def _sayer(definition: Definition, key: str) -> str:
    """The decorator with this argument."""
    return next((name for name, given in definition.options.items() if key in given), "task")


def expand(text: str) -> str:
    """The text with variables of the environment, as a shell sees them."""
    return _VARIABLE.sub(_value, text) if "$" in text else text


def expand_words(text: str) -> str:
    """The same where the text becomes words: quotes in a value are no more than signs of it."""
    return _VARIABLE_IN_WORDS.sub(_value_in_words, text) if "$" in text else text


def _value_in_words(match: re.Match[str]) -> str:
    exact, quoted, *names = match.groups()
    if exact is not None:
        return exact
    if quoted is not None:
        return _VARIABLE_IN_QUOTES.sub(lambda found: _variable(*found.groups()).replace('"', '"\'"\'"'), quoted)
    return _QUOTE.sub(lambda found: f"'{found[0]}'" if found[0] == '"' else f'"{found[0]}"', _variable(*names))


def _value(match: re.Match[str]) -> str:
    quoted, *names = match.groups()
    return match[0] if quoted is not None else _variable(*names)


def _variable(braced: str | None, plain: str | None) -> str:
    name = braced or plain or ""
    if name not in os.environ:
        warn(f"the environment variable {name} is not set; it is empty here", TaskWarning)
    return os.environ.get(name, "")


def _expanded(definition: Definition, decorator: str, given: Any, key: str = "") -> Any:
    if key in _COUNTS:
        return count(definition, key, given)
    if isinstance(given, str):
        if decorator in _VERBATIM:
            return given
        return expand_words(given) if key in _SPLIT else expand(given)
    if isinstance(given, Mapping):
        return {name: _expanded(definition, decorator, value, name) for name, value in given.items()}
    if isinstance(given, (list, tuple)):
        return [_expanded(definition, decorator, value) for value in given]
    return given


def _with_ranks(definition: Definition, bound: Bound, options: Mapping[str, Any]) -> dict[str, Any]:
    from pycompss.runtime import ranks  # noqa: PLC0415  (few programs need it)

    return ranks.settled(definition, bound, options[definition.launcher])


def _texts(options: Mapping[str, Any], keys_of: Callable[[str], tuple[str, ...]]) -> list[tuple[str, str, str]]:
    """(decorator, argument, text) of the arguments that `keys_of(decorator)` names, those of `programs` included."""
    return [
        (decorator, key, given[key])
        for decorator, whole in options.items()
        if isinstance(whole, Mapping)
        for given in (whole, *whole.get("programs", ()))
        for key in keys_of(decorator)
        if isinstance(given.get(key), str)
    ]


def _order(definition: Definition, bound: Bound) -> tuple[str, ...]:
    """Given by position, omitted defaults, `*args`, given by keyword."""
    by_keyword = bound.by_keyword
    names = [*definition.parameters, *definition.keyword_only]
    if names and names[0] in _OWNERS:
        del names[0]
    first = tuple(name for name in names if name not in by_keyword)
    varargs = (definition.varargs,) if definition.varargs else ()
    if all(name in bound.keywords and name not in definition.keyword_only for name in by_keyword):
        return first + varargs  # the others come in the order of the call by themselves
    return first + varargs + by_keyword


def _parameters(definition: Definition) -> dict[str, Any]:
    from pycompss.worker.launchers.commandline import PLAIN, parameter_of  # noqa: PLC0415  (few programs need it)

    specs = {**definition.specs, **({definition.varargs: definition.varargs_spec} if definition.varargs else {})}
    if definition.parameters[:1] == ("self",):
        specs.setdefault("self", Spec(direction=definition.target_direction))
    found = {name: parameter_of(spec) for name, spec in specs.items()}
    return {name: parameter for name, parameter in found.items() if parameter != PLAIN}


def _calls_function(definition: Definition) -> bool:
    """Whether the task's function has to be at hand; most kinds of task only have its signature."""
    return definition.launcher == "python" or is_python_mpi(definition)


def _working_directory() -> str:
    try:
        return os.getcwd()
    except FileNotFoundError:  # the program removed it
        return os.sep
