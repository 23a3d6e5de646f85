"""Functions and classes of the main file in a second process, which never runs the main file."""

from __future__ import annotations

import gc
import pickle

import pytest

from pycompss.errors import CancelError, SerializerException
from pycompss.store import current
from pycompss.store.codec import Codec
from pycompss.store.mappings import Mappings
from pycompss.store.names import MainNames, resolve
from tests.unit.store import library


def test_a_function_of_the_main_file_runs_elsewhere_with_the_globals_it_reads(main, peer):
    main.run("""
        import os.path
        from math import sqrt
        FACTOR = 3
        def scale(x): return sqrt(x) * FACTOR
        def path(): return os.path.join("a", "b")
    """)
    assert peer.call(main.scale, 4) == 6
    assert peer.call(main.path) == "a/b"


def test_functions_that_call_each_other_and_themselves_work(main, peer):
    main.run("""
        def even(n): return True if n == 0 else odd(n - 1)
        def odd(n): return False if n == 0 else even(n - 1)
        def fact(n): return 1 if n < 2 else n * fact(n - 1)
    """)
    assert peer.call(main.even, 10) is True
    assert peer.call(main.odd, 10) is False
    assert peer.call(main.fact, 5) == 120


def test_a_definition_that_an_interrupt_cut_off_is_made_the_next_time(main, peer):
    main.run("""
        interrupts = [KeyboardInterrupt]
        class Slow:
            def __reduce__(self):
                if interrupts: raise interrupts.pop()
                return int, (3,)
        THREE = Slow()
        def three(): return THREE
    """)
    with pytest.raises(KeyboardInterrupt):
        peer.call(main.three)
    assert peer.call(main.three) == 3


def test_small_definitions_come_together_in_one_answer(main, peer):
    main.run("""
        A, B = 1, 2
        def one(): return A
        def two(): return one() + B
        def three(): return two() + one()
    """)
    assert peer.call(main.three) == 4
    assert peer.fetched == ["three"]


def test_large_data_globals_are_fetched_once(main, peer):
    main.run("""
        TABLE = list(range(10000))
        def first(): return TABLE[0]
        def last(): return TABLE[-1]
    """)
    assert peer.call(main.first) == 0
    assert peer.call(main.last) == 9999
    assert peer.fetched.count("TABLE") == 1


def test_all_functions_of_the_program_share_their_globals(main, peer):
    main.run("""
        state = []
        def add(x): state.append(x)
        def look(): return list(state)
    """)
    peer.call(main.add, 1)
    peer.call(main.add, 2)
    assert peer.call(main.look) == [1, 2]
    assert main.state == []


def test_a_task_may_assign_globals_and_finds_them_again(main, peer):
    main.run("""
        count = 0
        def increase():
            global count
            count += 1
            return count
    """)
    assert [peer.call(main.increase) for _ in range(3)] == [1, 2, 3]
    assert main.count == 0


def test_a_global_that_is_rebound_is_seen_by_the_next_call(main, peer):
    main.run("""
        N = 1
        def inner(): return N
        def outer(): return inner()
    """)
    assert peer.call(main.outer) == 1
    assert not peer.names.references.is_stale(main.outer)
    main.N = 2
    assert peer.names.references.is_stale(main.outer)
    assert peer.call(main.outer) == 2
    assert not peer.names.references.is_stale(main.outer)


def test_calls_see_the_globals_of_the_moment_of_the_call_in_any_order(main, peer):
    main.run("""
        N = 1
        def read(): return N
    """)
    old = peer.names.function_reference(main.read)
    main.N = 2
    new = peer.names.function_reference(main.read)
    assert [peer.run(reference) for reference in (new, old, new, old)] == [2, 1, 2, 1]


def test_a_resolved_function_keeps_its_globals_when_another_one_is_resolved(main, peer):
    main.run("""
        from pycompss.store.names import resolve
        N = 1
        def read(): return N
        def both(first, second):
            one, two = resolve(first), resolve(second)
            return one(), two(), one()
    """)
    old = peer.names.function_reference(main.read)
    main.N = 2
    new = peer.names.function_reference(main.read)
    assert peer.call(main.both, old, new) == (1, 2, 1)


def test_a_definition_is_what_it_was_at_the_call_even_if_fetched_later(main, peer):
    main.run("""
        N = 1
        def read(): return N
    """)
    reference = peer.names.function_reference(main.read)
    main.N = 2
    assert peer.run(reference) == 1


def test_a_function_that_is_defined_again_is_another_function(main, peer):
    main.run("def helper(): return 'old'\ndef task(): return helper()")
    assert peer.call(main.task) == "old"
    main.run("def helper(): return 'new'")
    assert peer.call(main.task) == "new"


def test_what_values_of_tasks_read_is_put_right_before_each_call(main, peer):
    main.run("""
        N = 1
        def read(): return N
        class Reader:
            def read(self): return N
        def call(f): return f()
    """)
    assert peer.call(main.call, main.read) == 1
    main.N = 2
    assert peer.call(main.call, main.read) == 2
    assert peer.call(main.call, main.Reader().read) == 2
    main.N = 3
    assert peer.call(main.call, main.Reader().read) == 3
    assert peer.call(library.call, main.read) == 3


def test_what_only_values_read_is_not_fetched_for_those_who_get_none(main, peer):
    main.run("""
        TABLE = list(range(10000))
        class Reader:
            def read(self): return TABLE[0]
        def ask(reader): return reader.read()
        def other(): return 1
    """)
    peer.codec.encode(main.Reader())
    assert peer.call(main.other) == 1
    assert "TABLE" not in peer.fetched
    main.TABLE = [5]
    assert peer.call(main.ask, main.Reader()) == 5


def test_a_large_global_that_only_values_read_is_not_pickled_whenever_it_is_new(main, peer):
    main.run("""
        N, TABLE = 1, bytes(1 << 17)
        class Reader:
            def read(self): return N, len(TABLE)
        def ask(reader): return reader.read()
        def direct(): return len(TABLE)
    """)
    peer.codec.encode(main.Reader())
    assert peer.call(main.ask, main.Reader()) == (1, 1 << 17)
    main.TABLE = b"other"
    assert not peer.names.references.is_stale(main.ask)
    main.N = 2
    assert peer.call(main.ask, main.Reader()) == (2, 1 << 17)
    assert peer.call(main.direct) == 5


def test_a_reference_is_made_anew_when_values_begin_to_read_globals(main, peer):
    main.run("N = 1\ndef read(): return N\ndef call(f): return f()")
    peer.names.function_reference(main.call)
    assert not peer.names.references.is_stale(main.call)
    peer.codec.encode(main.read)
    assert peer.names.references.is_stale(main.call)
    peer.names.function_reference(main.call)
    peer.codec.encode(main.read)
    assert not peer.names.references.is_stale(main.call)


def test_what_ipython_puts_over_builtins_is_not_for_tasks(main, peer):
    main.run("""
        def open(path): "IPython's"
        open.__module__ = "IPython.core.interactiveshell"
        def task():
            import builtins
            return open is builtins.open
    """)
    assert peer.call(main.task) is True
    assert not peer.names.references.is_stale(main.task)


@pytest.mark.parametrize(("module", "is_followed"), [("mine.part", True), ("logging", False), ("pycompss.api", False)])
def test_the_programs_modules_are_loaded_again_in_workers_python_s_are_not(main, peer, module, is_followed):
    main.run("def double(x): return 2 * x")
    peer.names.function_reference(main.double)
    peer.names.reloaded(module)
    assert peer.names.references.is_stale(main.double) is is_followed
    assert peer.call(main.double, 2) == 4


def test_functions_without_globals_never_go_stale(main, peer):
    main.run("def double(x): return len([x]) * 2 * x")
    peer.names.function_reference(main.double)
    main.N = 3
    assert not peer.names.references.is_stale(main.double)


def test_a_global_that_appears_later_is_noticed(main, peer):
    main.run("def read(): return later")
    with pytest.raises(RuntimeError, match="name 'later' is not defined"):
        peer.call(main.read)
    main.later = 5
    assert peer.call(main.read) == 5


def test_a_global_that_cannot_be_pickled_is_named_when_it_is_used(main, peer):
    main.run("""
        import threading
        LOCK = threading.Lock()
        def free(use):
            if use:
                with LOCK: pass
            return "not used"
    """)
    assert peer.call(main.free, False) == "not used"
    with pytest.raises(
        RuntimeError, match=r"NameError: global 'LOCK' of the program \(a _thread.lock\) cannot be pickled"
    ):
        peer.call(main.free, True)


def test_a_global_generator_is_not_consumed(main, peer):
    main.run("""
        numbers = (i for i in range(3))
        def use(): return list(numbers)
    """)
    with pytest.raises(RuntimeError, match="global 'numbers' of the program"):
        peer.call(main.use)
    assert list(main.numbers) == [0, 1, 2]


def test_defaults_attributes_and_documentation_of_functions_travel(main, peer):
    main.run("""
        def f(a, b=[1], *, c: int = 3):
            "What f does."
            return a, b, c, f.note, f.__doc__, f.__annotations__, f.__module__, f.__qualname__
        f.note = "noted"
    """)
    assert peer.call(main.f, 0) == (0, [1], 3, "noted", "What f does.", {"c": int}, "__main__", "f")


def test_decorated_functions_travel(main, peer):
    main.run("""
        import functools
        def plus_one(f):
            @functools.wraps(f)
            def wrapper(*args): return f(*args) + 1
            return wrapper
        @plus_one
        def double(x): return x * 2
        @functools.lru_cache(maxsize=None)
        def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
        def use(): return double(fib(10))
    """)
    assert peer.call(main.double, 4) == 9
    assert peer.call(main.use) == 111
    assert peer.call(main.fib, 30) == 832040


def test_functions_return_as_the_programs_own(main, peer):
    main.run("""
        def f(): pass
        class C:
            def method(self): pass
        def give(): return f, C, C.method, [f]
    """)
    assert peer.call(main.give) == (main.f, main.C, main.C.method, [main.f])


def test_functions_as_arguments_are_the_same_objects_in_the_task(main, peer):
    main.run("""
        def f(): pass
        def same(g, table): return g is f and table["f"] is f
    """)
    assert peer.call(main.same, main.f, {"f": main.f})


def test_lambdas_closures_and_nested_functions_travel_by_value(main, peer):
    main.run("""
        N = 10
        def adder(n):
            def add(x): return x + n + N
            return add
        def apply(f, *args): return f(*args)
        def make(n): return lambda x: x * n + N
    """)
    assert peer.call(main.apply, lambda x: x + 1, 1) == 2
    assert peer.call(main.apply, main.adder(5), 1) == 16
    assert peer.call(main.adder(6), 1) == 17
    returned = peer.call(main.make, 3)
    assert returned(2) == 16
    main.N = 0
    assert returned(2) == 6  # it lives in the program's own main module again


def test_closures_that_share_a_variable_go_on_sharing_it(main, peer):
    main.run("""
        def counter():
            n = 0
            def increase():
                nonlocal n
                n += 1
            def get(): return n
            return increase, get
        def use(pair):
            increase, get = pair
            increase(); increase()
            return get()
    """)
    assert peer.call(main.use, main.counter()) == 2


def test_a_closure_that_calls_itself_travels(main, peer):
    main.run("""
        def make():
            def fact(n): return 1 if n < 2 else n * fact(n - 1)
            return fact
    """)
    assert peer.call(main.make(), 5) == 120


def test_a_closure_as_task_sees_what_its_variables_are_at_each_call(main, peer):
    main.run("""
        def make():
            n = 1
            def get(): return n
            def put(x):
                nonlocal n
                n = x
            return get, put
    """)
    get, put = main.make()
    assert peer.call(get) == 1
    put(2)
    assert peer.names.references.is_stale(get)
    assert peer.call(get) == 2


def test_references_to_closures_are_forgotten_with_them(main, peer):
    main.run("def make(): return lambda: 1")
    function = main.make()
    peer.names.function_reference(function)
    assert peer.names.references._known
    del function
    gc.collect()
    assert not peer.names.references._known


def test_functions_of_importable_modules_go_by_name(peer):
    assert len(peer.names.function_reference(library.plain)) < 60
    assert peer.call(library.plain, 2) == 3
    assert peer.call(library.Shape.area, library.Shape(3)) == 9
    assert peer.call(library.nested(), 1) == 43


def test_lambdas_of_importable_modules_wake_up_in_their_module(peer):
    assert peer.call(library.module_of_lambda) == library.__name__


def test_a_task_of_an_importable_module_resolves_to_the_users_function(peer):
    function = library.task.definition.function
    assert resolve(peer.names.function_reference(function)) is function
    assert peer.call(function, 1) == 11
    assert peer.call(library.Shape.double.definition.function, library.Shape(3)) == 6
    assert peer.call(library.Shape.fixed, 4) == 8


def test_an_importable_function_under_a_task_can_be_an_argument(main, peer):
    main.run("def apply(f, x): return f(x)")
    assert peer.call(main.apply, library.task.definition.function, 1) == 11


def test_modules_can_be_arguments_and_globals(main, peer):
    main.run("""
        import json as j, __main__ as me
        def name(module): return module.__name__, j.loads("1"), me.name is name
    """)
    assert peer.call(main.name, pickle) == ("pickle", 1, True)


def test_what_a_task_looks_up_in_main_is_asked_for(main, peer):
    main.run("""
        HIDDEN = 7
        class Found: pass
        def look():
            import __main__
            return globals().get("HIDDEN"), hasattr(__main__, "nothing")
    """)
    assert peer.call(main.look) == (None, False)


def test_a_worker_that_never_heard_of_a_number_gets_a_reason(main):
    names = MainNames(main=main)
    names.activate()
    payload = names.definition("ghost", 99)
    with pytest.raises(NameError, match=r"the program defines no 'ghost' \(number 99\)"):
        MainNames(lambda *_: payload).object("ghost", 99)


def test_a_task_that_cannot_be_sent_says_why_at_the_call(main, peer):
    main.run("""
        import threading
        def f(lock=threading.Lock()): pass
    """)
    with pytest.raises(SerializerException, match=r"__main__.f cannot be pickled.*_thread.lock"):
        peer.names.function_reference(main.f)


def test_main_itself_is_the_stand_in_once_adopted(main, peer):
    main.run("""
        HIDDEN = 7
        def look():
            import sys
            from pycompss.store import current
            before = sys.modules["__main__"]
            current.get().adopt()
            try:
                from __main__ import HIDDEN
                import __main__
                return HIDDEN, hasattr(__main__, "nothing"), __main__.look is look
            finally:
                sys.modules["__main__"] = before
    """)
    assert peer.call(main.look) == (7, False, True)


def test_a_task_names_the_functions_of_tasks_that_it_calls(main, peer):
    main.run("""
        from pycompss.store import current
        N = 2
        def inner(x): return x * N
        def outer():
            k = 10
            return current.get().function_reference(inner), current.get().function_reference(lambda x: x * N + k)
    """)
    by_number, by_value = peer.call(main.outer)
    main.N = 100
    assert peer.run(by_number, 3) == 6
    assert peer.run(by_value, 3) == 16
    assert resolve(by_number) is main.inner


def test_an_interrupted_definition_is_made_again(main, monkeypatch):
    main.run("def f(): return N\nN = 1")
    master = MainNames(main=main)
    master.activate()
    reference = master.function_reference(main.f)
    interruptions = [CancelError("now")]

    def fetch(name, serial):
        if interruptions:
            raise interruptions.pop()
        master.activate()
        try:
            return master.definition(name, serial)
        finally:
            worker.activate()

    worker = MainNames(fetch)
    worker.activate()
    monkeypatch.setattr(current, "_names", worker)
    with pytest.raises(CancelError):
        resolve(reference)
    assert resolve(reference)() == 1


def test_a_cancelled_task_is_not_stopped_by_pickling(main):
    main.run("""
        class Slow:
            def __reduce__(self): raise ERROR
    """)
    main.ERROR = CancelError("now")
    with pytest.raises(CancelError):
        Codec(None, Mappings(), None).encode(main.Slow())
