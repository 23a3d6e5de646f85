"""Programming model, section 5.2: collections and dictionaries."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from pycompss.api.api import compss_barrier, compss_open, compss_wait_on
from pycompss.api.parameter import (
    COLLECTION_FILE_IN,
    COLLECTION_FILE_INOUT,
    COLLECTION_FILE_OUT,
    COLLECTION_IN,
    COLLECTION_IN_DELETE,
    COLLECTION_INOUT,
    COLLECTION_OUT,
    DICTIONARY_IN,
    DICTIONARY_IN_DELETE,
    DICTIONARY_INOUT,
    FILE_IN,
    FILE_INOUT,
    FILE_OUT,
    INOUT,
    OUT,
    Depth,
    Type,
)
from pycompss.api.task import task
from pycompss.errors import TaskError
from pycompss.runtime.management.classes import Future
from tests.support.rendezvous import await_mark, mark, meet


@task(returns=1)
def inc(x):
    return x + 1


@task(c=COLLECTION_IN, returns=1)
def total(c):
    return sum(c)


@task(returns=1)
def types_in_plain_list(c):
    return [type(x).__name__ for x in c]


@task(returns=1)
def total_of_plain_list(c):
    return sum(c)


@task(c=COLLECTION_IN, returns=1)
def shape(c):
    return describe(c)


def describe(value):
    """The nesting of lists, with the types of what is not a list."""
    return [describe(one) for one in value] if isinstance(value, list) else type(value).__name__


@task(c=COLLECTION_IN, returns=1)
def itself(c):
    return c


@task(returns=3)
def three(a, b, c):
    return a, b, c


@task(c={Type: COLLECTION_IN, Depth: 1}, returns=1)
def types_at_depth_one(c):
    return [type(x).__name__ for x in c]


@task(c={Type: COLLECTION_INOUT, Depth: 2})
def add_to_blocks(c, amount):
    for row in c:
        for block in row:
            block += amount


@task(c={Type: COLLECTION_INOUT, Depth: 1})
def append_to_each(c, value):
    for x in c:
        x.append(value)


@task(x=INOUT)
def append(x, value):
    x.append(value)


@task(returns=1)
def mean(block):
    return float(block.mean())


@task(c=COLLECTION_OUT)
def number(c):
    for index in range(len(c)):
        c[index] = index


@task(c={Type: COLLECTION_OUT, Depth: 2})
def number_nested(c):
    for i, row in enumerate(c):
        for j in range(len(row)):
            row[j] = (i, j)


@task(c=COLLECTION_IN_DELETE, returns=1)
def total_and_delete(c):
    return sum(c)


@task(x=INOUT)
def meet_at(x, folder, name, other):
    x.append(meet(folder, name, [other]))


@task(returns=1)
def once_marked(value, path):
    await_mark(path)
    return value


# ------------------------------------------------------------------ in


def test_futures_in_a_collection_arrive_as_values(engine: str) -> None:
    """Given fs=[inc(i) for i in range(4)]; total(fs) with COLLECTION_IN, then total sees ints, after all four."""
    assert compss_wait_on(total([inc(i) for i in range(4)])) == 10


def test_a_collection_waits_for_every_element(local: Any, folder: Path) -> None:
    """Each element is its own datum: dependencies per element."""
    result = total([1, once_marked(2, str(folder / "go")), inc(3)])
    assert compss_wait_on(inc(1)) == 2
    mark(folder / "go")
    assert compss_wait_on(result) == 7


def test_without_a_collection_type_futures_stay_futures(local: Any) -> None:
    """Given the same without COLLECTION_IN, then the task sees Future objects."""
    assert compss_wait_on(types_in_plain_list([inc(1), 5])) == ["Future", "int"]


def test_a_future_that_a_task_uses_is_waited_for_there(local: Any) -> None:
    """Section 17: operators of a future wait for the value, so a program right in sequence is right in parallel."""
    assert compss_wait_on(total_of_plain_list([inc(i) for i in range(4)])) == 10


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        ([1, 2], ["int", "int"]),
        ((1, "a"), ["int", "str"]),
        ({5}, ["int"]),
        (frozenset({5}), ["int"]),
        (bytearray(b"ab"), ["int", "int"]),
        (None, []),
        ([], []),
        ([[1, 2], (3,), []], [["int", "int"], ["int"], []]),
        ([1, [2, [3.0]]], ["int", ["int", ["float"]]]),
        ([None, {"k": 1}], ["NoneType", "dict"]),
    ],
    ids=str,
)
def test_a_task_receives_nested_lists(local: Any, given: Any, seen: Any) -> None:
    """Accepted: list, tuple, set, frozenset, bytearray; the task always receives a (nested) list; None → []."""
    assert compss_wait_on(shape(given)) == seen


@pytest.mark.parametrize("first", [0, 1, True, 2, 3])
@pytest.mark.parametrize("last", ["text", b"bytes", None])
def test_literals_side_by_side_arrive_as_they_are(local: Any, first: Any, last: Any) -> None:
    """Whatever their types and values: on the wire they look much like what is not a literal."""
    assert compss_wait_on(itself([first, b"x", last])) == [first, b"x", last]
    assert compss_wait_on(three(first, b"x", last)) == [first, b"x", last]
    assert compss_wait_on(three(*three(first, b"x", last))) == [first, b"x", last]


def test_a_tuple_of_objects_becomes_a_list(local: Any) -> None:
    """Given a tuple of objects as COLLECTION_IN, then type(param) is list."""

    @task(c=COLLECTION_IN, returns=1)
    def is_list(c):
        return type(c) is list, len(c)

    assert compss_wait_on(is_list((object(), [1]))) == (True, 2)


def test_below_the_depth_elements_are_ordinary_objects(local: Any) -> None:
    """Depth: below it elements are ordinary objects: lists keep their type, futures in them stay futures."""
    assert compss_wait_on(types_at_depth_one([(1, 2), [3], inc(4)])) == ["tuple", "list", "int"]


def test_an_inner_list_at_depth_one_is_one_datum(local: Any) -> None:
    """What a task does to an inner list is seen by a collection that has it as an element."""
    row = [1]
    append(row, 2)

    @task(c={Type: COLLECTION_IN, Depth: 1}, returns=1)
    def lengths(c):
        return [len(x) for x in c]

    assert compss_wait_on(lengths([row, [1, 2, 3]])) == [2, 3]


def test_an_element_that_a_task_wrote_arrives_as_written(engine: str) -> None:
    x = [1]
    append(x, 2)

    @task(c={Type: COLLECTION_IN, Depth: 1}, returns=1)
    def lengths(c):
        return [len(x) for x in c]

    assert compss_wait_on(lengths([x, x])) == [2, 2]


def test_elements_can_be_deleted_after_use(engine: str) -> None:
    """COLLECTION_IN_DELETE."""
    assert compss_wait_on(total_and_delete([inc(1), inc(2)])) == 5


def test_a_list_that_a_task_changed_arrives_as_changed(engine: str) -> None:
    """A list that was plain INOUT of a task is one object: its last version is what a collection parameter gets."""
    c = [1]
    append(c, 2)
    append(c, 3)
    assert compss_wait_on(total(c)) == 6
    assert compss_wait_on(c) == [1, 2, 3]


# ------------------------------------------------------------------ inout and out


def test_blocks_of_a_matrix_are_updated_and_go_on_one_by_one(engine: str) -> None:
    """Given COLLECTION_INOUT with Depth 2 on 2×2 blocks, then a later task on m[0][1] gets the new block."""
    m = [[np.full((4, 4), float(2 * i + j)) for j in range(2)] for i in range(2)]
    add_to_blocks(m, 10)
    assert compss_wait_on(mean(m[0][1])) == 11.0
    m = compss_wait_on(m)
    assert [[float(block[0, 0]) for block in row] for row in m] == [[10.0, 11.0], [12.0, 13.0]]


def test_large_blocks_of_a_matrix_are_updated(engine: str) -> None:
    m = [[np.zeros(20_000) for _ in range(2)] for _ in range(2)]
    for amount in (1, 2, 3):
        add_to_blocks(m, amount)
    means = [mean(block) for row in m for block in row]
    assert compss_wait_on(means) == [6.0] * 4


def test_elements_are_mutated_in_place(local: Any) -> None:
    """COLLECTION_INOUT: the caller reads with compss_wait_on(list) or element by element; its own are untouched."""
    c = [[0], [1]]
    append_to_each(c, "a")
    append_to_each(c, "b")
    assert compss_wait_on(c[1]) == [1, "a", "b"]
    assert compss_wait_on([c[0]]) == [[0, "a", "b"]]
    assert c == [[0], [1]]


def test_replacing_an_element_under_inout_counts(engine: str) -> None:
    """The task's list belongs to the collection: assigning c[i] is a change of the element."""

    @task(c={Type: COLLECTION_INOUT, Depth: 1})
    def replace(c):
        c[0] = ["new"]

    @task(c={Type: COLLECTION_IN, Depth: 1}, returns=1)
    def copy(c):
        return list(c)

    c = [["old"], ["other"]]
    replace(c)
    assert compss_wait_on(copy(c)) == [["new"], ["other"]]


@task(c=COLLECTION_OUT)
def append_number_to_each(c):
    for index, x in enumerate(c):
        x.append(index)


@task(c={Type: COLLECTION_INOUT, Depth: 2})
def replace_rows(c):
    for i, row in enumerate(c):
        c[i] = [block + 1 for block in row]


def test_empty_lists_are_filled(engine: str) -> None:
    """`[[] for _ in range(n)]`: nothing in them could be a datum, so each is one."""
    filled, replaced = [[], []], [[], []]
    append_number_to_each(filled)
    number(replaced)
    append(filled[0], 5)
    assert compss_wait_on(filled) == [[0, 5], [1]]
    if engine == "local":
        assert compss_wait_on(replaced) == [0, 1]


def test_a_row_that_a_task_replaces_counts_element_by_element(engine: str) -> None:
    matrix = [[np.zeros(2), np.ones(2)], [np.zeros(2)]]
    replace_rows(matrix)
    replace_rows(matrix)
    assert compss_wait_on([[mean(block) for block in row] for row in matrix]) == [[2, 3], [2]]


class Point(NamedTuple):
    x: int
    y: int


@task(c=COLLECTION_IN, returns=1)
def sum_of_points(c):
    return sum(point.x * point.y for point in c)


def test_named_tuples_in_a_collection_keep_their_names(engine: str) -> None:
    assert compss_wait_on(sum_of_points([Point(1, 2), Point(3, 4)])) == 14


def test_tasks_on_different_elements_are_independent(local: Any, folder: Path) -> None:
    """Each element is its own datum."""
    c = [[0], [1]]
    append_to_each(c, "a")
    meet_at(c[0], str(folder), "left", "right")
    meet_at(c[1], str(folder), "right", "left")
    assert compss_wait_on(c) == [[0, "a", "left"], [1, "a", "right"]]


def test_a_collection_out_is_produced_by_assignment(local: Any) -> None:
    """Given COLLECTION_OUT of 3 object() and body c[i]=i, then compss_wait_on(lst) == [0,1,2]."""
    c = [object() for _ in range(3)]
    number(c)
    assert compss_wait_on(c) == [0, 1, 2]


def test_elements_of_a_collection_out_go_on_to_other_tasks(local: Any) -> None:
    """… later treats elements as futures."""
    c = [object() for _ in range(3)]
    number(c)
    assert compss_wait_on([inc(c[2]), total(c)]) == [3, 3]


def test_a_nested_collection_out(local: Any) -> None:
    c = [[object() for _ in range(2)] for _ in range(2)]
    number_nested(c)
    assert compss_wait_on(c) == [[(0, 0), (0, 1)], [(1, 0), (1, 1)]]


def test_a_collection_out_is_produced_in_sequence_too(inline: Any) -> None:
    c = [object() for _ in range(3)]
    number(c)
    assert compss_wait_on(c) == [0, 1, 2]


def test_a_collection_out_gets_default_constructed_elements(local: Any) -> None:
    """COLLECTION_OUT: the worker gets default-constructed elements."""

    @task(c={Type: COLLECTION_OUT, Depth: 1})
    def fill(c):
        for index, x in enumerate(c):
            assert x == []
            x.append(index)

    c = [["old"], ["old"]]
    fill(c)
    assert compss_wait_on(c) == [[0], [1]]


# ------------------------------------------------------------------ collections of files


@task(f=FILE_OUT)
def write(f, text):
    Path(f).write_text(text)


@task(f=FILE_IN, returns=1)
def read(f):
    return Path(f).read_text()


@task(f=FILE_INOUT)
def append_text(f, text):
    with open(f, "a") as file:
        file.write(text)


@task(c=COLLECTION_FILE_IN, returns=1)
def contents(c):
    return [contents_of(one) for one in c]


def contents_of(one):
    return Path(one).read_text() if isinstance(one, str) else [contents_of(each) for each in one]


@task(c=COLLECTION_FILE_INOUT)
def mark_all(c, text):
    for path in c:
        with open(path, "a") as file:
            file.write(text)


@task(c=COLLECTION_FILE_OUT)
def write_all(c):
    for index, path in enumerate(c):
        Path(path).write_text(f"file {index}")


def test_files_in_nested_lists_of_mixed_depth(engine: str) -> None:
    """COLLECTION_FILE_*: nested lists of paths, mixed depths allowed; each leaf behaves like a FILE."""
    for name in "abc":
        write(name, name * 2)
    assert compss_wait_on(contents(["a", ["b", ["c"]]])) == ["aa", ["bb", ["cc"]]]


def test_files_of_a_collection_depend_one_by_one(engine: str) -> None:
    Path("a").write_text("a")
    write("b", "b")
    mark_all(["a", "b"], "1")
    append_text("b", "2")
    mark_all(["b"], "3")
    assert compss_wait_on(contents(["a", "b"])) == ["a1", "b123"]


def test_files_written_as_a_collection(engine: str) -> None:
    write_all(["x", "y"])
    assert compss_wait_on(read("y")) == "file 1"
    with compss_open("x") as file:
        assert file.read() == "file 0"


@task(c=COLLECTION_FILE_OUT)
def write_all_nested(c):
    for row in c:
        write_all.__wrapped__(row)


@task(c=COLLECTION_FILE_INOUT)
def mark_all_nested(c, text):
    for row in c:
        mark_all.__wrapped__(row, text)


def test_nested_files_are_written(engine: str) -> None:
    write_all_nested([["x", "y"], ["z"]])
    mark_all_nested([["x"], [], ["y", "z"]], "!")
    assert compss_wait_on(contents([["x"], "y", "z"])) == [["file 0!"], "file 1!", "file 0!"]


# ------------------------------------------------------------------ dictionaries


@task(d=DICTIONARY_IN, returns=1)
def items(d):
    assert type(d) is dict
    return sorted(d.items())


@task(d={Type: DICTIONARY_INOUT, Depth: 1})
def append_to_values(d, value):
    for x in d.values():
        x.append(value)


@task(d=DICTIONARY_IN_DELETE, returns=1)
def sum_of_values(d):
    return sum(d.values())


@task(returns=1)
def key(n):
    return f"key{n}"


def test_keys_and_values_of_a_dictionary_arrive_as_values(engine: str) -> None:
    """DICTIONARY_*: keys and values are tracked; the worker gets a dict."""
    assert compss_wait_on(items({key(1): inc(1), "plain": 5})) == [("key1", 2), ("plain", 5)]


@task(d=INOUT)
def put(d, key, value):
    d[key] = value


def test_a_dictionary_that_a_task_wrote_as_a_whole_arrives_as_written(engine: str) -> None:
    d = {"a": 1}
    put(d, "b", 2)
    assert compss_wait_on(items(d)) == [("a", 1), ("b", 2)]
    assert compss_wait_on(d) == {"a": 1, "b": 2}


def test_values_of_a_dictionary_are_mutated_in_place(engine: str) -> None:
    d = {"a": [1], "b": [2]}
    append_to_values(d, 9)
    append(d["b"], 10)
    assert compss_wait_on(d) == {"a": [1, 9], "b": [2, 9, 10]}


def test_a_dictionary_can_be_deleted_after_use(engine: str) -> None:
    assert compss_wait_on(sum_of_values({"a": inc(1), "b": 2})) == 4


def test_futures_of_the_program_are_what_they_were(local: Any) -> None:
    """Passing a collection does not touch the program's list."""
    futures = [inc(1), inc(2)]
    total(futures)
    assert all(isinstance(one, Future) for one in futures)
    assert compss_wait_on(futures) == [2, 3]


def test_arrays_that_a_task_fills_are_as_large_as_those_of_the_caller(local: Any) -> None:
    @task(c=COLLECTION_OUT, x=OUT)
    def fill(c, x):
        c[0][:] = 1
        c[1] = np.full(2, 2.0)
        x["a"] = 7

    arrays, record = [np.zeros((2, 3)), np.zeros(5, "i4")], np.zeros(2, [("a", "i2"), ("b", "f8")])
    fill(arrays, record)
    first, second = compss_wait_on(arrays)
    assert first.tolist() == [[1, 1, 1], [1, 1, 1]]
    assert second.tolist() == [2, 2]
    filled = compss_wait_on(record)
    assert filled["a"].tolist() == [7, 7]
    assert filled["b"].tolist() == [0, 0]


def test_what_cannot_be_made_without_arguments_is_told_at_once(fresh: Any) -> None:
    @task(c=COLLECTION_OUT)
    def fill(c):
        raise NotImplementedError

    fresh()
    fill([iter(np.zeros((2, 2)).flat) for _ in range(2)])
    with pytest.raises(
        TaskError, match=r"failed on localhost\n(.*\n)*.*flatiter does not allow .*declare it INOUT"
    ) as error:
        compss_barrier()
    assert "attempt" not in str(error.value)
