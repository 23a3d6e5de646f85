"""How settings are written."""

from __future__ import annotations

import os

import pytest

from pycompss.runtime import quantities


@pytest.mark.parametrize(
    ("text", "size"),
    [("1", 1), ("512MB", 512 * 10**6), ("2GB", 2 * 10**9), ("2g", 2 * 10**9), ("1.5 KiB", 1536), ("1TiB", 1 << 40)],
)
def test_sizes_have_units_of_ten_and_of_two(text: str, size: int) -> None:
    assert quantities.size(text) == size


@pytest.mark.parametrize("text", ["", "GB", "0", "-1GB", "2XB", "two", "1e", "nanGB", "0.1"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected a size such as 512MB or 2GB"):
        quantities.size(text)


@pytest.mark.parametrize(("text", "value"), [("", True), ("True", True), ("on", True), ("0", False), ("NO", False)])
def test_booleans_have_several_spellings(text: str, value: bool) -> None:
    assert quantities.boolean(text) is value


def test_what_is_no_boolean_is_refused() -> None:
    with pytest.raises(ValueError, match="expected true or false"):
        quantities.boolean("maybe")


@pytest.mark.parametrize(("text", "asked"), [("false", False), ("0", False), ("true", True), ("extrae,monitor", True)])
def test_asking_for_a_tool_in_any_way_is_asking_for_it(text: str, asked: bool) -> None:
    assert quantities.unless_refused(text) is asked


@pytest.mark.parametrize("text", ["", "-1", "1.5", "x", "²"])
def test_counts_are_whole_numbers(text: str) -> None:
    with pytest.raises(ValueError, match="expected a whole number"):
        quantities.whole(text)
    with pytest.raises(ValueError, match="expected a whole number"):
        quantities.positive(text)


def test_positive_numbers_begin_with_one() -> None:
    assert (quantities.whole("0"), quantities.positive("1")) == (0, 1)
    with pytest.raises(ValueError, match="1 or more"):
        quantities.positive("0")


@pytest.mark.parametrize("text", ["-1", "nan", "inf", "soon"])
def test_times_are_not_negative(text: str) -> None:
    with pytest.raises(ValueError, match="expected a number of seconds"):
        quantities.seconds(text)


def test_paths_become_absolute() -> None:
    here = os.getcwd()
    assert quantities.paths("a:/b:~") == (f"{here}/a", "/b", os.path.expanduser("~"))


def test_a_choice_names_the_others() -> None:
    with pytest.raises(ValueError, match="expected one of local, inline"):
        quantities.one_of("local", "inline")("remote")


@pytest.mark.parametrize(
    "text", ["FIFO", "LifoTS", "es.bsc.compss.scheduler.any.Other", "loadbalancing.ready", "fifodatalocation"]
)
def test_schedulers_have_full_and_short_names(text: str) -> None:
    assert quantities.scheduler(text) == text


@pytest.mark.parametrize("text", ["", "nonsense", "localty"])
def test_what_is_no_scheduler_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected fifo, lifo, locality"):
        quantities.scheduler(text)
