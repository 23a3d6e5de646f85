"""Classes of the main file in a second process: they work there as here, and come home as the program's own."""

from __future__ import annotations

import pytest

from pycompss.errors import SerializerException


def test_instances_keep_their_class_on_both_sides(main, peer):
    main.run("""
        class Point:
            def __init__(self, x): self.x = x
            def move(self): self.x += 1; return self
        def work(p, q): return isinstance(p, Point) and type(q) is Point, p.move(), Point(7)
    """)
    ok, moved, made = peer.call(main.work, main.Point(1), main.Point(2))
    assert ok
    assert type(moved) is main.Point
    assert type(made) is main.Point
    assert (moved.x, made.x) == (2, 7)


def test_methods_as_tasks_and_as_arguments(main, peer):
    main.run("""
        class Counter:
            def __init__(self): self.n = 0
            def add(self, k): self.n += k; return self.n
            @classmethod
            def make(cls): return cls()
            @staticmethod
            def twice(x): return 2 * x
        def call(method, *args): return method(*args)
    """)
    assert peer.call(main.Counter.add, main.Counter(), 5) == 5
    assert peer.call(main.Counter.twice, 4) == 8
    assert peer.call(main.call, main.Counter().add, 3) == 3
    assert type(peer.call(main.call, main.Counter.make)) is main.Counter


def test_super_properties_and_class_attributes_work(main, peer):
    main.run("""
        class Base:
            kind = "base"
            seen = []
            def __init__(self): self.base = True
            def name(self): return "base"
        class Derived(Base):
            def __init__(self): super().__init__(); self.derived = __class__.__name__
            def name(self): return super().name() + "+derived"
            @property
            def label(self): return f"{self.kind}:{self.name()}"
            @label.setter
            def label(self, value): self.seen.append(value)
        def work(d):
            d.label = 1
            e = Derived()
            return d.label, e.derived, e.base, Base.seen
    """)
    assert peer.call(main.work, main.Derived()) == ("base:base+derived", "Derived", True, [1])
    assert main.Base.seen == []


def test_base_and_derived_classes_may_refer_to_each_other(main, peer):
    main.run("""
        class Base:
            @classmethod
            def make(cls): return Derived()
        class Derived(Base): pass
        def work(): return type(Base.make()) is Derived
    """)
    assert peer.call(main.work)
    assert type(peer.call(main.Base.make.__func__, main.Base)) is main.Derived


def test_classes_with_slots_keep_them(main, peer):
    main.run("""
        class Slotted:
            __slots__ = ("a", "__b")
            def __init__(self): self.a, self.__b = 1, 2
            def both(self): return self.a, self.__b, hasattr(self, "__dict__")
        def work(s): s.a = 5; return s.both(), s
    """)
    both, back = peer.call(main.work, main.Slotted())
    assert both == (5, 2, False)
    assert back.both() == (5, 2, False)


def test_dataclasses_named_tuples_and_generics_work(main, peer):
    main.run("""
        import dataclasses, typing
        T = typing.TypeVar("T")
        @dataclasses.dataclass(frozen=True, slots=True, order=True)
        class Frozen:
            a: int
            b: list = dataclasses.field(default_factory=list, compare=False)
        @dataclasses.dataclass
        class More:
            x: int = 1
        class Pair(typing.NamedTuple):
            left: int = 4
            def total(self): return self.left + OFFSET
        class Box(typing.Generic[T]):
            def __init__(self, value: T): self.value = value
        OFFSET = 1
        def work(frozen):
            made = dataclasses.replace(frozen, a=2)
            @dataclasses.dataclass
            class Still(More):
                y: int = 2
            boxed = Box[int](3).value
            return made, Frozen(3).b, frozen < made, dataclasses.asdict(More()), Pair(1).total(), boxed, Still()
    """)
    made, empty, less, as_dict, total, boxed, still = peer.call(main.work, main.Frozen(1))
    assert made == main.Frozen(2)
    assert (empty, less, as_dict, total, boxed) == ([], True, {"x": 1}, 2, 3)
    assert isinstance(still, main.More)
    assert (still.x, still.y) == (1, 2)


def test_enumerations_keep_members_aliases_and_what_init_added(main, peer):
    main.run("""
        import enum
        class Planet(enum.Enum):
            MERCURY = (3, 2)
            FIRST = (3, 2)
            EARTH = (6, 6)
            def __init__(self, mass, radius): self.mass, self.radius = mass, radius
            @property
            def density(self): return self.mass / self.radius
        class Level(enum.IntEnum):
            LOW = enum.auto()
            HIGH = enum.auto()
        class Mode(enum.Flag):
            READ = enum.auto()
            WRITE = enum.auto()
        class Name(str, enum.Enum):
            A = "a"
        def work(p, level, mode, name):
            return (p is Planet.MERCURY, Planet["FIRST"] is p, p.density, len(Planet), level < Level.HIGH,
                    mode | Mode.WRITE, name == "a", Planet.EARTH)
    """)
    answer = peer.call(main.work, main.Planet.MERCURY, main.Level.LOW, main.Mode.READ, main.Name.A)
    assert answer[:5] == (True, True, 1.5, 2, True)
    assert answer[5] == main.Mode.READ | main.Mode.WRITE
    assert answer[6]
    assert answer[7] is main.Planet.EARTH


def test_abstract_classes_stay_abstract(main, peer):
    main.run("""
        import abc
        class Shape(abc.ABC):
            @abc.abstractmethod
            def area(self): ...
        class Square(Shape):
            def area(self): return 4
        @Shape.register
        class Odd: pass
        def work():
            try: Shape()
            except TypeError: abstract = True
            return abstract, Square().area(), isinstance(Odd(), Shape)
    """)
    assert peer.call(main.work) == (True, 4, True)


def test_metaclasses_and_subclass_hooks_do_not_run_again(main, peer):
    main.run("""
        class Meta(type):
            made = []
            def __new__(cls, name, bases, namespace, **options):
                made = super().__new__(cls, name, bases, namespace)
                cls.made.append(name)
                made.options = options
                return made
            def __init__(cls, name, bases, namespace, **options): super().__init__(name, bases, namespace)
            def shout(cls): return cls.__name__.upper()
        class WithMeta(metaclass=Meta, option=1): pass
        class Hooked:
            def __init_subclass__(cls, /, tag, **rest): cls.tag = tag
        class Tagged(Hooked, tag="t"): pass
        def work():
            class New(Hooked, tag="new"): pass
            return WithMeta.shout(), WithMeta.options, Meta.made, Tagged.tag, New.tag
    """)
    assert peer.call(main.work) == ("WITHMETA", {"option": 1}, ["WithMeta"], "t", "new")
    assert main.Meta.made == ["WithMeta"]


def test_nested_and_local_classes_keep_their_identity(main, peer):
    main.run("""
        class Outer:
            class Inner:
                def who(self): return Outer.__name__
            def inner(self): return self.Inner()
        def make():
            class Local:
                def __init__(self): self.n = 0
            return Local
        def work(inner, local): local.n += 1; return inner.who(), Outer().inner(), local, type(local)()
    """)
    local = main.make()
    local.mark = "mine"
    who, inner, back, fresh = peer.call(main.work, main.Outer.Inner(), local())
    assert who == "Outer"
    assert type(inner) is main.Outer.Inner
    assert type(back) is local
    assert type(fresh) is local
    assert back.n == 1


def test_the_class_of_the_program_is_never_changed_by_instances_that_return(main, peer):
    main.run("""
        class Plain:
            level = 0
        def make():
            class Local:
                level = 0
            return Local
        def work(*objects):
            for o in objects: type(o).level = 99
            return objects
    """)
    local = main.make()
    returned = peer.call(main.work, main.Plain(), local())
    assert [type(o) for o in returned] == [main.Plain, local]
    assert (main.Plain.level, local.level) == (0, 0)


def test_a_class_that_a_task_makes_returns_and_can_be_sent_again(main, peer):
    main.run("""
        def make():
            class Made:
                def hello(self): return "hello"
            return Made()
        def use(o): return o.hello()
    """)
    made = peer.call(main.make)
    assert made.hello() == "hello"
    assert peer.call(main.use, made) == "hello"


def test_a_class_attribute_that_cannot_be_pickled_is_named_when_used(main, peer):
    main.run("""
        import threading
        class Safe:
            lock = threading.Lock()
            def use(self):
                with self.lock: pass
            def other(self): return "fine"
    """)
    assert peer.call(main.Safe.other, main.Safe()) == "fine"
    with pytest.raises(RuntimeError, match=r"NameError: attribute 'lock' of class Safe \(a _thread.lock\) cannot"):
        peer.call(main.Safe.use, main.Safe())


def test_cached_properties_and_cached_methods_travel(main, peer):
    main.run("""
        import functools
        class C:
            @functools.cached_property
            def slow(self): return 42
            @functools.lru_cache
            def cached(self, x): return x + 1
        def work(c): return c.slow, c.cached(1)
    """)
    assert peer.call(main.work, main.C()) == (42, 2)


def test_exceptions_of_the_program_return_as_its_own_class(main, peer):
    main.run("""
        class Broken(ValueError):
            def __init__(self, code): super().__init__(code); self.code = code
        def work(): return Broken(3)
    """)
    error = peer.call(main.work)
    assert type(error) is main.Broken
    assert error.code == 3


def test_a_class_that_is_defined_again_is_another_class(main, peer):
    main.run("class C: version = 1\ndef version(): return C.version\ndef of(c): return c.version, type(c) is C")
    old = main.C()
    assert peer.call(main.version) == 1
    main.run("class C: version = 2")
    assert peer.call(main.version) == 2
    assert peer.call(main.of, old) == (1, False)
    assert peer.call(main.of, main.C()) == (2, True)


def test_tasks_of_the_main_file_are_tasks_there_too(main, peer):
    main.run("""
        from pycompss.api.task import task
        N = 5
        @task(returns=1)
        def f(x): return x + N
        class C:
            @task(returns=1)
            def method(self, x): return x * 2
            @staticmethod
            @task(returns=1)
            def static(x): return x * 3
        def look(g):
            is_held = f.definition.function is f.__wrapped__
            return g is f, type(f).__name__, f.__wrapped__(1), is_held, C.method is C().method.__func__
    """)
    assert peer.call(main.look, main.f) == (True, "TaskFunction", 6, True, True)
    assert peer.call(main.f.definition.function, 1) == 6
    assert peer.call(main.C.method.definition.function, main.C(), 4) == 8
    assert peer.call(main.C.static.definition.function, 4) == 12


def test_a_task_that_calls_itself_travels(main, peer):
    main.run("""
        from pycompss.api.task import task
        @task(returns=1)
        def fact(n): return 1 if n < 2 else n * fact.__wrapped__(n - 1)
    """)
    assert peer.call(main.fact.definition.function, 5) == 120


def test_tasks_may_be_closures(main, peer):
    main.run("""
        from pycompss.api.task import task
        def make(k):
            @task(returns=1)
            def f(x): return x + k
            return f
        def apply(f, x): return f.__wrapped__(x)
    """)
    assert peer.call(main.make(3).definition.function, 1) == 4
    assert peer.call(main.apply, main.make(4), 1) == 5


def test_an_object_whose_class_cannot_be_defined_elsewhere_is_refused(main, peer):
    main.run("""
        import threading
        class Meta(type):
            lock = threading.Lock()
            def __reduce__(cls): raise ValueError("never")
        def bad():
            class Bad:
                lock = threading.Lock()
            return Bad()
    """)
    with pytest.raises(SerializerException, match=r"argument 'x': .*Bad.*cannot pickle '_thread.lock' object"):
        peer.codec.encode(main.bad(), argument="x")
