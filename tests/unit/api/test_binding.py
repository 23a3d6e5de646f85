"""Binding the arguments of a call: the same as Python's, in every case."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycompss.api.parameter import COLLECTION_IN, FILE_IN, IN, INOUT
from pycompss.api.task import task
from pycompss.core.parameter import Direction, Kind
from pycompss.core.task import REQUIRED
from pycompss.runtime.binding import bind, spec_for_keyword, specs_for, warn_unexpected


def plain(a, b=5):
    pass


def nothing():
    pass


def only_positional(a, b=1, /, c=2):
    pass


def starred(a, *rest):
    pass


def full(a, b=5, *rest, key, word="w", **more):
    pass


def keyword_only(*, key=1):
    pass


def open_ended(**more):
    pass


TWINS = {
    plain: lambda a, b=5: locals(),
    nothing: lambda: locals(),
    only_positional: lambda a, b=1, /, c=2: locals(),
    starred: lambda a, *rest: locals(),
    full: lambda a, b=5, *rest, key, word="w", **more: locals(),
    keyword_only: lambda *, key=1: locals(),
    open_ended: lambda **more: locals(),
}


def python_says(function, args, kwargs):
    """What the body of a function with this signature sees, or the words of the TypeError."""
    twin = TWINS[function]
    twin.__qualname__ = function.__qualname__
    try:
        return dict(twin(*args, **kwargs))
    except TypeError as error:
        return str(error)


def we_say(function, args, kwargs):
    definition = task()(function).definition
    try:
        bound = bind(definition, args, kwargs)
    except TypeError as error:
        return str(error)
    count = len(definition.parameters)
    seen = dict(zip(definition.parameters, bound.positional[:count], strict=True))
    if definition.varargs:
        seen[definition.varargs] = tuple(bound.positional[count:])
    own = {name: value for name, value in bound.keywords.items() if name in definition.keyword_only}
    seen.update(own)
    if definition.varkw:
        seen[definition.varkw] = {name: value for name, value in bound.keywords.items() if name not in own}
    return seen


@given(
    st.sampled_from(list(TWINS)),
    st.lists(st.integers(), max_size=4),
    st.dictionaries(st.sampled_from(["a", "b", "c", "key", "word", "other", "rest"]), st.integers(), max_size=4),
)
def test_every_call_binds_as_python_binds_it_and_fails_in_its_words(function, args, kwargs):
    assert we_say(function, args, kwargs) == python_says(function, args, kwargs)


def test_a_wrong_number_of_arguments_has_pythons_wording():
    @task()
    def f(x):
        pass

    with pytest.raises(TypeError, match=r"f\(\) missing 1 required positional argument: 'x'"):
        bind(f.definition, (), {})
    with pytest.raises(TypeError, match=r"f\(\) takes 1 positional argument but 2 were given"):
        bind(f.definition, (1, 2), {})
    with pytest.raises(TypeError, match=r"f\(\) got an unexpected keyword argument 'y'"):
        bind(f.definition, (1,), {"y": 2})


def test_defaults_are_filled_in():
    d = task()(plain).definition
    assert bind(d, (1,), {}).positional == [1, 5]
    assert bind(d, (), {"a": 1}).positional == [1, 5]


def test_elements_of_var_args_have_its_name():
    d = task()(full).definition
    bound = bind(d, (1, 2, 3, 4), {"key": 0, "other": 9})
    assert bound.names == ("a", "b", "rest", "rest")
    assert bound.positional == [1, 2, 3, 4]
    assert bound.keywords == {"key": 0, "word": "w", "other": 9}
    assert bound.value("rest") == (3, 4)
    assert (bound.value("a"), bound.value("other")) == (1, 9)
    with pytest.raises(KeyError):
        bound.value("nobody")


def test_a_bound_call_is_not_shared_with_the_next():
    d = task()(plain).definition
    first = bind(d, (1, 2), {})
    first.positional[0] = "changed"
    first.keywords["x"] = 1
    first.overrides["returns"] = 1
    second = bind(d, (1, 2), {})
    assert (second.positional, second.keywords, second.overrides) == ([1, 2], {}, {})


@pytest.mark.parametrize(
    "keyword",
    ["returns", "computing_nodes", "processes_per_node", "on_failure", "defaults", "is_reduce", "chunk_size"],
)
def test_call_keywords_are_split_off(keyword):
    kwargs = {keyword: 3, "b": 2}
    bound = bind(task()(plain).definition, (1,), kwargs)
    assert (bound.positional, bound.keywords, bound.overrides) == ([1, 2], {}, {keyword: 3})
    assert kwargs == {keyword: 3, "b": 2}


def test_a_call_keyword_that_is_a_parameter_belongs_to_the_function():
    @task()
    def f(returns, *, defaults=None):
        pass

    bound = bind(f.definition, (), {"returns": 3, "defaults": 4, "on_failure": "IGNORE"})
    assert (bound.positional, bound.keywords, bound.overrides) == ([3], {"defaults": 4}, {"on_failure": "IGNORE"})


def test_specs_follow_the_values():
    definition = task(a=INOUT, varargs_type=FILE_IN, key=COLLECTION_IN)(full).definition
    kinds = [spec.kind for spec in specs_for(definition, 4)]
    assert kinds == [Kind.OBJECT, Kind.OBJECT, Kind.FILE, Kind.FILE]
    assert specs_for(definition, 4) is specs_for(definition, 4)
    assert len(specs_for(definition, 2)) == 2
    assert spec_for_keyword(definition, "key").kind is Kind.COLLECTION
    assert spec_for_keyword(definition, "other") == IN.spec


def test_a_spec_for_the_name_of_var_args_is_for_each_element():
    definition = task(rest=FILE_IN)(starred).definition
    assert [spec.kind for spec in specs_for(definition, 3)] == [Kind.OBJECT, Kind.FILE, Kind.FILE]


def test_self_has_the_target_direction_and_cls_is_only_read():
    def method(self, x):
        pass

    def class_method(cls, x):
        pass

    assert specs_for(task()(method).definition, 2)[0].direction is Direction.INOUT
    assert specs_for(task(target_direction=IN)(method).definition, 2)[0].direction is Direction.IN
    assert specs_for(task(self=IN)(method).definition, 2)[0].direction is Direction.IN
    assert specs_for(task()(class_method).definition, 2)[0].direction is Direction.IN


def test_unexpected_arguments_are_said_on_stderr_at_every_call(capsys):
    definition = task(pirority=True, x=INOUT)(nothing).definition
    warn_unexpected(definition)
    warn_unexpected(definition)
    lines = capsys.readouterr().err.splitlines()
    said = [f"WARNING: Unexpected argument: {name} Found in @task decorator." for name in ("pirority", "x")]
    assert lines[::2] == said * 2
    assert {line.strip() for line in lines[1::2]} == {
        f"{__name__}.nothing ({__file__}:{nothing.__code__.co_firstlineno}) ignores it."
    }


def test_nothing_is_said_when_everything_is_known(capsys):
    warn_unexpected(task()(nothing).definition)
    assert capsys.readouterr().err == ""


def test_the_mark_of_required_parameters_survives_pickling():
    assert pickle.loads(pickle.dumps(REQUIRED)) is REQUIRED


def test_a_positional_only_parameter_is_none_of_the_keywords():
    definition = task()(only_positional).definition
    with pytest.raises(TypeError, match="positional-only"):
        bind(definition, (), {"a": 1})


def test_names_inside_classes_keep_their_mangling():
    class Holder:
        @task()
        def method(self, __private, other=1):  # noqa: PYI063  (mangled, not positional-only)
            pass

    assert bind(Holder.method.definition, (0, 1), {}).names == ("self", "_Holder__private", "other")
