"""What a program said last, when it fails."""

from __future__ import annotations

import os
from pathlib import Path

from pycompss.worker.launchers import outcome
from pycompss.worker.launchers.programs import Streams


def test_what_others_have_appended_to_a_file_before_is_not_said_by_the_program(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("of an earlier task\n")
    streams = Streams(stderr=str(log), stdout=str(tmp_path / "not yet there"))
    before = outcome.flushed(streams)
    assert outcome.last_words(streams, before) == ""
    (tmp_path / "not yet there").write_text("done\n")
    assert outcome.last_words(streams, before) == "\n  the end of its output:\n    done"
    with log.open("a") as file:
        file.write("no such unit\n")
    assert outcome.last_words(streams, before) == "\n  the end of its standard error:\n    no such unit"


def test_a_file_that_became_shorter_has_no_end_to_tell(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("of an earlier task\n")
    streams = Streams(stderr=str(log))
    before = outcome.flushed(streams)
    log.write_text("")
    assert outcome.last_words(streams, (-1, before[1])) == ""


def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    streams = Streams(stderr=str(pipe))
    assert outcome.last_words(streams, (-1, outcome.flushed(streams)[1])) == ""
