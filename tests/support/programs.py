"""Random programs: what a description says is done once in sequence and once in parallel, and must agree.

A description is a list of statements `(name, a, b, n)`. The pools of a program (numbers, lists, results of tasks,
arrays, blocks of a matrix, counters, files) are never empty, so that `a` and `b` always choose something, and any list
of statements is a program. `Program` carries it out: every statement calls tasks, or waits for something.

Programs follow the rules of the programming model: a task changes only what its directions say, the program waits with
`x = compss_wait_on(x)`, and tasks that may come in any order (COMMUTATIVE, CONCURRENT) do what commutes.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from pycompss.api.api import (
    TaskGroup,
    compss_barrier,
    compss_delete_file,
    compss_delete_object,
    compss_open,
    compss_wait_on,
    compss_wait_on_file,
)
from pycompss.api.parameter import (
    COLLECTION_FILE_IN,
    COLLECTION_IN,
    COLLECTION_INOUT,
    COLLECTION_OUT,
    COMMUTATIVE,
    DICTIONARY_IN,
    FILE_COMMUTATIVE,
    FILE_CONCURRENT,
    FILE_IN,
    FILE_INOUT,
    FILE_OUT,
    IN,
    IN_DELETE,
    INOUT,
    OUT,
    Depth,
    Type,
)
from pycompss.api.task import task

Statement = tuple[str, int, int, int]
ARRAY = 6_000  # elements: enough to lie in shared memory
PRIME = 1_000_003  # numbers stay small


class Boom(Exception):
    """Raised on purpose by tasks of random programs."""


# ------------------------------------------------------------------ tasks on numbers and lists


@task(returns=1)
def add(a, b):
    return (a + b) % PRIME


@task(returns=2)
def divide(a, b):
    return divmod(a, b % 7 + 1)


@task(returns=1)
def total(x):
    return (sum(x) * 31 + len(x)) % PRIME


@task(returns=1)
def both(x, y):
    return (sum(x) - sum(y)) % PRIME


@task(returns=1)
def make_list(n):
    return [n, n + 1]


@task(x=INOUT)
def append(x, n):
    x.append(n % PRIME)


@task(x=INOUT, returns=1)
def append_and_tell(x, n):
    x.append(n % PRIME)
    return len(x)


@task(x=INOUT)
def extend(x, y):
    x.extend(y[-3:])


@task(x=OUT)
def refill(x, n):
    x.clear()  # in sequence the old content is there
    x.append(n)


@task(x=COMMUTATIVE)
def bump(x, n):
    x[0] = (x[0] + n) % PRIME


@task(x=IN_DELETE, returns=1)
def consume(x):
    return sum(x) % PRIME


# ------------------------------------------------------------------ collections


@task(m={Type: COLLECTION_IN, Depth: 2}, returns=1)
def sum_blocks(m):
    return sum((i + 1) * sum(block) for i, row in enumerate(m) for block in row) % PRIME


@task(m={Type: COLLECTION_INOUT, Depth: 2})
def grow_blocks(m, n):
    for row in m:
        for block in row:
            block.append(n)


@task(m={Type: COLLECTION_INOUT, Depth: 2})
def replace_rows(m, n):
    for i, row in enumerate(m):
        m[i] = [[*block, n] for block in row]


@task(c={Type: COLLECTION_OUT, Depth: 1})
def fill_lists(c, n):
    for index in range(len(c)):
        c[index] = [n + index]


@task(c=COLLECTION_IN, returns=1)
def sum_numbers(c):
    return sum(c) % PRIME


@task(d=DICTIONARY_IN, returns=1)
def sum_dictionary(d):
    return sum(d.values()) % PRIME


# ------------------------------------------------------------------ arrays


@task(returns=1)
def make_array(n):
    return np.full(ARRAY, n, dtype=np.int64)


@task(a=INOUT)
def add_to_array(a, n):
    a += n
    a %= PRIME


@task(returns=1)
def sum_array(a):
    return int(a.sum()) % PRIME


@task(c=COLLECTION_INOUT)
def replace_arrays(c, n):
    for i, a in enumerate(c):
        c[i] = (a + n) % PRIME


@task(a=INOUT, returns=1)
def swap_arrays(a, b):
    a[: ARRAY // 2] = b[ARRAY // 2 :]
    return int(a[0])


# ------------------------------------------------------------------ methods


class Counter:
    def __init__(self, n=0):
        self.n = n

    @task()
    def add(self, n):
        self.n = (self.n * 3 + n) % PRIME

    @task(returns=1, target_direction=IN)
    def value(self):
        return self.n


@task(returns=Counter)
def make_counter(n):
    return Counter(n)


# ------------------------------------------------------------------ files: their lines are numbers in any order


def lines_of(path):
    with open(path) as file:
        return [int(line) for line in file]


def add_line(path, n):
    with open(path, "a") as file:
        file.write(f"{n}\n")


@task(f=FILE_OUT)
def write_file(f, n):
    with open(f, "w") as file:
        file.write(f"{n}\n")


@task(f=FILE_INOUT)
def extend_file(f, n):
    add_line(f, n)


@task(f=FILE_CONCURRENT)
def extend_file_together(f, n):
    add_line(f, n)


@task(f=FILE_COMMUTATIVE)
def extend_file_in_any_order(f, n):
    add_line(f, n)


@task(f=FILE_IN, returns=1)
def sum_file(f):
    lines = lines_of(f)
    return (sum(lines) * 7 + len(lines)) % PRIME


@task(f=FILE_IN, g=FILE_OUT)
def copy_file(f, g):
    lines = lines_of(f)
    with open(g, "w") as file:
        file.writelines(f"{n}\n" for n in lines[-20:])


@task(g=FILE_OUT, f=FILE_IN)
def rewrite_file(g, f, n):
    lines = lines_of(f)
    with open(g, "w") as file:
        file.writelines(f"{line}\n" for line in (*lines[-20:], n))


@task(f=FILE_INOUT, g=FILE_INOUT)
def extend_two_files(f, g, n):
    add_line(f, n)
    add_line(g, n + 1)


@task(c=COLLECTION_FILE_IN, returns=1)
def sum_files(c):
    return sum((i + 1) * sum(lines_of(path)) for i, path in enumerate(c)) % PRIME


# ------------------------------------------------------------------ tasks inside tasks


@task(returns=1)
def tree(n, depth):
    if depth == 0:
        return n % 10
    return (compss_wait_on(tree(n + 1, depth - 1)) + compss_wait_on(tree(n + 2, depth - 1))) % PRIME


@task(returns=1)
def total_inside(values, nested):
    """Of a future inside a value; nested: the value is asked for by a task, too."""
    x = values[0]["x"]
    return total(x) if nested else (sum(compss_wait_on(x)) * 31) % PRIME


@task(returns=1)
def pass_on(x, n):
    inner = list(x[-3:])
    append(inner, n)
    return total(inner)


@task(f=FILE_IN, returns=1)
def sum_file_by_another(f):
    return sum_file(f)


@task(x=INOUT)
def update_by_inner_tasks(x, n):
    inner = [n]
    append(inner, n + 1)
    extend(inner, x)
    x.extend(compss_wait_on(inner)[-2:])


# ------------------------------------------------------------------ tasks that fail


@task(x=INOUT, returns=1, on_failure="IGNORE", defaults={"returns": 7})
def append_then_fail(x, n):
    x.append(n)
    raise Boom("ignored")


@task(a=INOUT, returns=1, on_failure="IGNORE", defaults={"returns": 7})
def add_then_fail(a, n):
    a += n
    raise Boom("ignored")


@task(f=FILE_INOUT, returns=1, on_failure="IGNORE", defaults={"returns": 7})
def extend_file_then_fail(f, n):
    add_line(f, n)
    raise Boom("ignored")


@task(x=INOUT)
def append_after_failures(x, n, tries):
    x.append(n)
    fail_while_new(tries, n % 3)


@task(a=INOUT)
def add_after_failures(a, n, tries):
    a += n
    a %= PRIME
    fail_while_new(tries, n % 3)


@task(f=FILE_INOUT)
def extend_file_after_failures(f, n, tries):
    add_line(f, n)
    fail_while_new(tries, n % 3)


def fail_while_new(tries, times):
    """Fail `times` times; `tries` is a file that counts."""
    add_line(tries, 1)
    if len(lines_of(tries)) <= times:
        raise Boom("try again")


# ------------------------------------------------------------------ programs


class Program:
    """One execution of a description; `result` is all that the program ever saw, and all that is there at its end.

    `parallel`: False in sequential mode, where failure policies do not exist and are acted out here.
    """

    def __init__(self, folder: str, *, parallel: bool) -> None:
        self.folder, self.parallel = folder, parallel
        self.step = 0
        self.seen: list[Any] = []
        self.kept: list[tuple[Any, int]] = []  # arrays that the program got, and their sum
        self.numbers: list[Any] = [1]
        self.lists: list[Any] = [[0]]
        self.results: list[Any] = [make_list(1)]
        self.futures: list[Any] = [make_list(2)]  # never replaced by their values, as those of `placeholders`
        self.arrays: list[Any] = [np.arange(ARRAY)]
        self.matrices: list[Any] = [[[[1], [2]], [[3], [4]]]]
        self.counters: list[Any] = [Counter(1)]
        self.placeholders: list[Any] = [make_counter(2)]
        self.files: list[str] = []
        self.new_file(0, 0, 1)

    def run(self, statements: Sequence[Statement]) -> Program:
        for self.step, (name, a, b, n) in enumerate(statements):
            STATEMENTS[name](self, a, b, n)
        return self

    def finish(self) -> dict[str, Any]:
        """Wait for everything."""
        sums = [int(value.sum()) for value, _ in self.kept]
        assert not self.parallel or sums == [expected for _, expected in self.kept], "a value of the program changed"
        compss_wait_on_file(*self.files)
        return {
            "seen": self.seen,
            "numbers": compss_wait_on(self.numbers),
            "lists": [compss_wait_on(x) for x in self.lists],
            "results": [compss_wait_on(x) for x in self.results],
            "futures": [compss_wait_on(x) for x in self.futures],
            "arrays": [int(compss_wait_on(a).sum()) for a in self.arrays],
            "matrices": [compss_wait_on(m) for m in self.matrices],
            "counters": [compss_wait_on(c).n for c in self.counters + self.placeholders],
            "files": [sorted(lines_of(path)) for path in self.files],
        }

    def path(self, name: str) -> str:
        return os.path.join(self.folder, name)

    def number(self, index: int) -> Any:
        return self.numbers[index % len(self.numbers)]

    def list_(self, index: int) -> Any:
        pool = self.lists + self.results + self.futures
        return pool[index % len(pool)]

    def array(self, index: int) -> Any:
        return self.arrays[index % len(self.arrays)]

    def counter(self, index: int) -> Any:
        pool = self.counters + self.placeholders
        return pool[index % len(pool)]

    def file(self, index: int) -> str:
        return self.files[index % len(self.files)]

    # -- new things

    def new_list(self, a: int, b: int, n: int) -> None:
        self.lists.append([n])

    def new_result(self, a: int, b: int, n: int) -> None:
        self.results.append(make_list(self.number(a)))

    def new_future(self, a: int, b: int, n: int) -> None:
        self.futures.append(make_list(self.number(a)))
        self.placeholders.append(make_counter(self.number(b)))

    def new_array(self, a: int, b: int, n: int) -> None:
        self.arrays.append(make_array(self.number(a)) if n % 2 else np.full(ARRAY, n))

    def new_matrix(self, a: int, b: int, n: int) -> None:
        self.matrices.append([[[n], [n + 1]], [[n + 2]]])

    def new_counter(self, a: int, b: int, n: int) -> None:
        self.counters.append(make_counter(self.number(a)) if n % 2 else Counter(n))

    def new_file(self, a: int, b: int, n: int) -> None:
        path = self.path(f"file{len(self.files)}.{self.step}")
        if n % 3:
            write_file(path, self.number(a))
        else:
            with compss_open(path, "w") as file:
                file.write(f"{n}\n")
        self.files.append(path)

    # -- tasks

    def combine(self, a: int, b: int, n: int) -> None:
        self.numbers.append(add(self.number(a), self.number(b)))

    def split(self, a: int, b: int, n: int) -> None:
        self.numbers.extend(divide(self.number(a), self.number(b)))

    def measure(self, a: int, b: int, n: int) -> None:
        self.numbers.append(total(self.list_(a)))

    def compare(self, a: int, b: int, n: int) -> None:
        self.numbers.append(both(self.list_(a), self.list_(b)))

    def append(self, a: int, b: int, n: int) -> None:
        append(self.list_(a), self.number(b))

    def append_and_tell(self, a: int, b: int, n: int) -> None:
        self.numbers.append(append_and_tell(self.list_(a), n))

    def extend(self, a: int, b: int, n: int) -> None:
        if self.list_(a) is not self.list_(b):
            extend(self.list_(a), self.list_(b))

    def refill(self, a: int, b: int, n: int) -> None:
        refill(self.lists[a % len(self.lists)], self.number(b))

    def bump(self, a: int, b: int, n: int) -> None:
        for amount in range(n % 4 + 1):
            bump(self.list_(a), amount)

    def consume(self, a: int, b: int, n: int) -> None:
        self.numbers.append(consume([n, n + 1]))

    def sum_blocks(self, a: int, b: int, n: int) -> None:
        self.numbers.append(sum_blocks(self.matrices[a % len(self.matrices)]))

    def grow_blocks(self, a: int, b: int, n: int) -> None:
        grow_blocks(self.matrices[a % len(self.matrices)], n)

    def replace_rows(self, a: int, b: int, n: int) -> None:
        replace_rows(self.matrices[a % len(self.matrices)], n)

    def append_to_block(self, a: int, b: int, n: int) -> None:
        append(self.matrices[a % len(self.matrices)][b % 2][0], self.number(n))

    def fill_lists(self, a: int, b: int, n: int) -> None:
        fresh: list[Any] = [[] for _ in range(b % 3 + 1)]
        fill_lists(fresh, n)
        self.lists.extend(fresh)

    def sum_numbers(self, a: int, b: int, n: int) -> None:
        self.numbers.append(sum_numbers([self.number(i) for i in range(a, a + b % 5)]))

    def sum_dictionary(self, a: int, b: int, n: int) -> None:
        self.numbers.append(sum_dictionary({"a": self.number(a), "b": self.number(b), "n": n}))

    def add_to_array(self, a: int, b: int, n: int) -> None:
        add_to_array(self.array(a), self.number(b))

    def replace_arrays(self, a: int, b: int, n: int) -> None:
        chosen = sorted({a % len(self.arrays), b % len(self.arrays)})
        arrays = [self.arrays[index] for index in chosen]
        replace_arrays(arrays, n)
        for index, array in zip(chosen, arrays, strict=True):
            self.arrays[index] = array

    def sum_array(self, a: int, b: int, n: int) -> None:
        self.numbers.append(sum_array(self.array(a)))

    def swap_arrays(self, a: int, b: int, n: int) -> None:
        if self.array(a) is not self.array(b):
            self.numbers.append(swap_arrays(self.array(a), self.array(b)))

    def count(self, a: int, b: int, n: int) -> None:
        self.counter(a).add(self.number(b))

    def read_counter(self, a: int, b: int, n: int) -> None:
        self.numbers.append(self.counter(a).value())

    def extend_file(self, a: int, b: int, n: int) -> None:
        extend_file(self.file(a), self.number(b))

    def extend_file_together(self, a: int, b: int, n: int) -> None:
        for amount in range(n % 4 + 1):
            extend_file_together(self.file(a), amount)

    def extend_file_in_any_order(self, a: int, b: int, n: int) -> None:
        for amount in range(n % 4 + 1):
            extend_file_in_any_order(self.file(a), amount)

    def sum_file(self, a: int, b: int, n: int) -> None:
        self.numbers.append(sum_file(self.file(a)))

    def overwrite_file(self, a: int, b: int, n: int) -> None:
        write_file(self.file(a), self.number(b))

    def copy_file(self, a: int, b: int, n: int) -> None:
        path = self.path(f"copy{self.step}")
        copy_file(self.file(a), path)
        self.files.append(path)

    def rewrite_file(self, a: int, b: int, n: int) -> None:
        rewrite_file(self.file(a), self.file(b), n)

    def extend_two_files(self, a: int, b: int, n: int) -> None:
        extend_two_files(self.file(a), self.file(b), n)

    def sum_file_by_another(self, a: int, b: int, n: int) -> None:
        self.numbers.append(sum_file_by_another(self.file(a)))

    def sum_files(self, a: int, b: int, n: int) -> None:
        self.numbers.append(sum_files(self.files[: n % 4]))

    # -- tasks inside tasks

    def tree(self, a: int, b: int, n: int) -> None:
        self.numbers.append(tree(self.number(a), n % 3))

    def total_inside(self, a: int, b: int, n: int) -> None:
        future = self.futures[a % len(self.futures)]
        self.numbers.append(total_inside([{"x": future}], n % 2))
        append(future, n)

    def pass_on(self, a: int, b: int, n: int) -> None:
        self.numbers.append(pass_on(self.list_(a), n))

    def update_by_inner_tasks(self, a: int, b: int, n: int) -> None:
        update_by_inner_tasks(self.list_(a), n)

    # -- failures

    def ignore(self, function: Callable[..., Any], *args: Any) -> None:
        try:
            self.numbers.append(function(*args))
        except Boom:  # in sequence
            self.numbers.append(7)

    def ignore_list(self, a: int, b: int, n: int) -> None:
        self.ignore(append_then_fail, self.list_(a), n)

    def ignore_array(self, a: int, b: int, n: int) -> None:
        self.ignore(add_then_fail, self.array(a), n)

    def ignore_file(self, a: int, b: int, n: int) -> None:
        self.ignore(extend_file_then_fail, self.file(a), n)

    def retry(self, function: Callable[..., Any], subject: Any, n: int, restore: Callable[[Any, Any], None]) -> None:
        tries = self.path(f"tries{self.step}")
        if self.parallel:
            function(subject, n, tries)
            return None
        while True:
            before = copy.deepcopy(subject) if not isinstance(subject, str) else lines_of(subject)
            try:
                return function(subject, n, tries)
            except Boom:
                restore(subject, before)

    def retry_list(self, a: int, b: int, n: int) -> None:
        self.retry(append_after_failures, self.list_(a), n, _restore)

    def retry_array(self, a: int, b: int, n: int) -> None:
        self.retry(add_after_failures, self.array(a), n, _restore)

    def retry_file(self, a: int, b: int, n: int) -> None:
        self.retry(extend_file_after_failures, self.file(a), n, _restore_file)

    # -- waiting, and what the program does itself

    def wait_number(self, a: int, b: int, n: int) -> None:
        index = a % len(self.numbers)
        self.numbers[index] = compss_wait_on(self.numbers[index])
        self.seen.append(self.numbers[index])

    def wait_list(self, a: int, b: int, n: int) -> None:
        pool = self.lists if b % 2 else self.results
        index = a % len(pool)
        pool[index] = compss_wait_on(pool[index])
        self.seen.append(list(pool[index]))
        if n % 3 == 0:
            pool[index].append(n)  # the program's own change, seen by later tasks

    def look_at_future(self, a: int, b: int, n: int) -> None:
        self.seen.append(list(compss_wait_on(self.futures[a % len(self.futures)])))

    def look_at_placeholder(self, a: int, b: int, n: int) -> None:
        self.seen.append(compss_wait_on(self.placeholders[a % len(self.placeholders)]).n)

    def wait_array(self, a: int, b: int, n: int) -> None:
        index = a % len(self.arrays)
        value = self.arrays[index] = compss_wait_on(self.arrays[index])
        self.seen.append(int(value.sum()))
        if n % 3 == 0:
            self.kept = [kept for kept in self.kept if kept[0] is not value]
            value[0] = n  # the program's own change, seen by later tasks
        self.kept.append((value, int(value.sum())))

    def wait_matrix(self, a: int, b: int, n: int) -> None:
        index = a % len(self.matrices)
        self.matrices[index] = compss_wait_on(self.matrices[index])
        self.seen.append(copy.deepcopy(self.matrices[index]))

    def wait_counter(self, a: int, b: int, n: int) -> None:
        index = a % len(self.counters)
        self.counters[index] = compss_wait_on(self.counters[index])
        self.seen.append(self.counters[index].n)

    def read_file(self, a: int, b: int, n: int) -> None:
        with compss_open(self.file(a)) as file:
            self.seen.append(sorted(int(line) for line in file))

    def append_to_file(self, a: int, b: int, n: int) -> None:
        with compss_open(self.file(a), "a") as file:
            file.write(f"{n}\n")

    def wait_file(self, a: int, b: int, n: int) -> None:
        compss_wait_on_file(self.file(a))
        self.seen.append(sorted(lines_of(self.file(a))))
        if n % 3 == 0:
            add_line(self.file(a), n)  # plain open: the file is the program's again

    def delete_list(self, a: int, b: int, n: int) -> None:
        if len(self.lists) > 1:
            compss_delete_object(self.lists.pop(a % len(self.lists)))

    def drop_result(self, a: int, b: int, n: int) -> None:
        if len(self.results) > 1:
            del self.results[a % len(self.results)]

    def delete_file(self, a: int, b: int, n: int) -> None:
        if len(self.files) > 1:
            path = self.files.pop(a % len(self.files))
            compss_delete_file(path)
            if n % 2:
                write_file(path, n)  # the name may be reused
                self.files.append(path)

    def barrier(self, a: int, b: int, n: int) -> None:
        compss_barrier()

    def group(self, a: int, b: int, n: int) -> None:
        with TaskGroup(f"group{self.step}", n % 2 == 0):
            self.append(a, b, n)
            self.tree(a, b, n)
            with TaskGroup(f"inner{self.step}"):
                self.count(a, b, n)


def _restore(subject: Any, before: Any) -> None:
    subject[:] = before


def _restore_file(path: str, lines: list[int]) -> None:
    with open(path, "w") as file:
        file.writelines(f"{n}\n" for n in lines)


_NO_STATEMENTS = {"run", "finish", "path", "number", "list_", "array", "counter", "file", "ignore", "retry"}
STATEMENTS: dict[str, Callable[[Program, int, int, int], None]] = {
    name: function
    for name, function in vars(Program).items()
    if callable(function) and not name.startswith("_") and name not in _NO_STATEMENTS
}


def interpret(statements: Sequence[Statement], folder: str, *, parallel: bool) -> dict[str, Any]:
    """Carry a description out with the caller of this process; everything that could be seen of it.

    At the end no task is left, not even one of a datum that the program deleted.
    """
    try:
        return Program(folder, parallel=parallel).run(statements).finish()
    finally:
        compss_barrier()
