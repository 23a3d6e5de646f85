"""Reading a command line of the form `[options] application [arguments of the application]`.

Options are `--name=value`, a boolean alone means true. The first word that is no option is the application, and what
follows is its own, as it was written. (That is why neither argparse nor click reads it: both would look for options
behind the application, or take `--graph app.py` for an option with a value.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pycompss.cli.option import Option, Status, Value
from pycompss.cli.options import OPTIONS

_REPEATABLE = frozenset({"env_script", "library_path", "pythonpath"})  # the values are joined as in PATH
_LANGUAGES = {"java": "Java", "c": "C", "r": "R"}


class BadArgument(Exception):  # noqa: N818  (said to the user as "Bad argument")
    """The command line cannot be understood; `str()` is the message."""


@dataclass(slots=True)
class CommandLine:
    """What a command line says. `flags` is for `config.build`; `given` has every option that was written."""

    application: str = ""
    app_args: tuple[str, ...] = ()
    flags: dict[str, tuple[str, str]] = field(default_factory=dict)
    given: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)  # about options that are accepted and change nothing


def _by_name() -> Mapping[str, Option]:
    return {name: option for option in OPTIONS for name in option.names}


def parse(words: Sequence[str]) -> CommandLine:
    """Read the words after the command; raises BadArgument."""
    names = _by_name()
    line = CommandLine()
    for number, word in enumerate(words):
        if word == "--":
            _application(line, words[number + 1 :])
            break
        if not word.startswith("-") or word == "-":
            _application(line, words[number:])
            break
        _option(line, names, word)
    return line


def _application(line: CommandLine, words: Sequence[str]) -> None:
    if words:
        line.application, line.app_args = words[0], tuple(words[1:])


def _option(line: CommandLine, names: Mapping[str, Option], word: str) -> None:
    name, equals, text = word.partition("=")
    option = _find(names, name, word)
    _note(line, option, name, _take(line, option, name, text if equals else None))


def known(word: str, others: Mapping[str, Option]) -> Option:
    """The option of a run that is written so; raises BadArgument, whose suggestion may come from the `others`."""
    names = _by_name()
    name = word.partition("=")[0]
    return names[name] if name in names else _find({**others, **names}, name, word)


def _find(names: Mapping[str, Option], name: str, word: str) -> Option:
    option = names.get(name) or names.get(underscored(name))
    if option is None:
        raise BadArgument(f"{word}{_close_match(name, names)}")
    return option


def underscored(name: str) -> str:
    """`--log-dir` means `--log_dir`."""
    return f"--{name[2:].replace('-', '_')}" if name.startswith("--") else name


def _take(line: CommandLine, option: Option, name: str, text: str | None) -> str:
    """Record an option with its value; returns the value."""
    if text is None and option.value is Value.REQUIRED:
        raise BadArgument(f"{name} needs a value: {name}={option.metavar}")
    if text is not None and option.value is Value.NONE:
        raise BadArgument(f"{name}={text}: {name} takes no value")
    value = option.bare if text is None else text
    _check(option, name, value)
    line.given[option.name] = value
    if option.setting is not None:
        before = line.flags.get(option.setting, ("", ""))[1]
        joined = f"{before}:{value}" if before and option.setting in _REPEATABLE else value
        line.flags[option.setting] = (name, joined)
    return value


def _check(option: Option, name: str, value: str) -> None:
    if option.name == "lang" and value.lower() != "python":
        language = _LANGUAGES.get(value.lower())
        raise BadArgument(
            f"{name}={value}: applications in {language} cannot be run, only Python ones"
            if language
            else f"{name}={value}: expected python"
        )


def _note(line: CommandLine, option: Option, name: str, value: str) -> None:
    """Say once what an accepted option does not do."""
    note = None
    if option.name == "base_log_dir":
        note = f"{name} is an old name of --log_dir"
    elif option.status is Status.LATER and value not in option.calm:
        note = f"{name} is not available yet; the run goes on without it"
    if note is not None and note not in line.notes:
        line.notes.append(note)


def _close_match(name: str, names: Mapping[str, Option]) -> str:
    import difflib  # noqa: PLC0415  (only for a mistake)

    near = difflib.get_close_matches(underscored(name), names, n=1, cutoff=0.7)
    return f" (did you mean {near[0]}?)" if near else ""
