from __future__ import annotations

import inspect

import pytest

from pycompss.cli.commands import COMMANDS, OF_NAME, Command, help_text


@pytest.mark.parametrize("command", [command for command in COMMANDS if command.entry], ids=lambda c: c.name)
def test_every_command_is_where_the_table_says_and_takes_the_words_after_it(command: Command) -> None:
    assert list(inspect.signature(command.load()).parameters)[:1] == ["words"]


def test_no_two_commands_have_a_name_in_common() -> None:
    assert len(OF_NAME) == sum(1 + len(command.aliases) for command in COMMANDS)


def test_the_help_says_of_each_command_whether_it_is_there() -> None:
    told = {line.split(",")[0].split()[0]: line for line in help_text().splitlines() if line.startswith("  ")}
    assert {name for name, line in told.items() if "not available yet" not in line} == {
        command.name for command in COMMANDS if command.entry
    }
