"""What nodes have beside cores and memory: what matches, and what tasks get of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycompss.core.equipment import Equipment, Processor
from pycompss.core.resources import Node, Requirement
from pycompss.core.task import Policy, State
from pycompss.engines.fake import FakeEngine


def gpus(units, **more):
    return Processor(units, "GPU", **more)


def node(units=4, equipment=None, *, index=0, name="a", memory=None, **fields):
    return Node(index, name, units, memory, equipment=equipment or Equipment(**fields))


def asking(*processors, units=1, **fields):
    cpus = () if any(p.kind == "CPU" for p in processors) else (Processor(units),)
    processors = (*cpus, *processors)
    return Requirement(sum(p.units for p in processors if p.kind == "CPU"), 0, Equipment(processors, **fields))


def on_gpus(units=1, **fields):
    return {"equipment": asking(gpus(units), **fields).equipment}


def lacks(has, **asked):
    """Keys of what a node with that equipment lacks."""
    return [entry.key for entry in node(equipment=has).shortfalls(Requirement(1, 0, Equipment(**asked)))]


# ---------------------------------------------------------------- what matches


TEXTS = [
    "memory_type",
    "storage_type",
    "operating_system_type",
    "operating_system_distribution",
    "operating_system_version",
]


@pytest.mark.parametrize("key", TEXTS)
def test_texts_are_equal_or_one_side_says_nothing(key):
    assert lacks(Equipment(**{key: "Fast"}), **{key: "Fast"}) == []
    assert lacks(Equipment(**{key: "Fast"}), **{key: "FAST"}) == []
    assert lacks(Equipment(), **{key: "fast"}) == []
    assert lacks(Equipment(**{key: "fast"})) == []
    assert lacks(Equipment(**{key: "fast"}), **{key: "slow"}) == [key]


def test_storage_is_large_enough_or_of_unknown_size():
    assert lacks(Equipment(storage_size=100), storage_size=100) == []
    assert lacks(Equipment(), storage_size=100) == []
    assert lacks(Equipment(storage_size=100), storage_size=101) == ["storage_size"]


def test_a_bandwidth_that_a_node_does_not_tell_is_none():
    assert lacks(Equipment(storage_bw=100), storage_bw=100) == []
    assert lacks(Equipment(storage_bw=100), storage_bw=101) == ["storage_bw"]
    assert lacks(Equipment(), storage_bw=1) == ["storage_bw"]


@pytest.mark.parametrize("key", ["app_software", "host_queues"])
def test_software_and_queues_are_all_there(key):
    has = Equipment(**{key: ("Numpy", "gromacs")})
    assert lacks(has, **{key: ("numpy",)}) == []
    assert lacks(has, **{key: ("GROMACS", "NumPy")}) == []
    assert lacks(has, **{key: ("numpy", "r")}) == [key]
    assert lacks(Equipment(), **{key: ("numpy",)}) == [key]


def test_only_the_program_s_own_machine_is_local():
    assert lacks(Equipment(is_local=True), is_local=True) == []
    assert lacks(Equipment(), is_local=True) == ["is_local"]


INTEL = Processor(4, name="Xeon", architecture="x86_64", speed=2.5, memory=8, properties=(("vendor", "Intel"),))


@pytest.mark.parametrize(
    ("asked", "key"),
    [
        (Processor(4, name="xeon", architecture="AMD64", speed=2.5, memory=8, properties=(("Vendor", "intel"),)), None),
        (Processor(properties=(("vendor", ""),)), None),
        (Processor(name="power9"), "processor_name"),
        (Processor(architecture="aarch64"), "processor_architecture"),
        (Processor(speed=2.6), "processor_speed"),
        (Processor(memory=9), "processor_internal_memory_size"),
        (Processor(properties=(("avx", "512"),)), "processor_property_name"),
        (Processor(properties=(("vendor", "AMD"),)), "processor_property_value"),
        (Processor(5), "computing_units"),
        (gpus(1), "processor_type"),
    ],
)
def test_a_processor_is_all_that_is_asked_of_it(asked, key):
    found = node(units=4, processors=(INTEL,)).shortfalls(asking(asked))
    assert [entry.key for entry in found] == ([] if key is None else [key])


def test_a_processor_that_is_not_described_may_be_anything():
    need = asking(Processor(2, name="Xeon", architecture="x86_64", speed=9, properties=(("vendor", "AMD"),)))
    assert node(units=2).could_hold(need)


def test_one_processor_must_have_all_units_that_are_asked_for():
    split = node(units=8, processors=(Processor(6), Processor(2)))
    assert split.could_hold(Requirement(6))
    assert not split.could_hold(Requirement(8))
    assert split.could_hold(asking(Processor(6), Processor(2)))
    assert split.could_hold(asking(Processor(2), Processor(6)))
    assert not split.could_hold(asking(Processor(5), Processor(3)))
    assert [entry.key for entry in split.shortfalls(asking(Processor(5), Processor(3)))] == ["processors"]


def test_what_is_short_is_told_in_words():
    found = node(units=2, memory=10**9, processors=(gpus(1),)).shortfalls(
        Requirement(3, 2 * 10**9, asking(gpus(2), units=3).equipment)
    )
    assert [tuple(entry) for entry in found] == [
        ("computing_units", "3 computing units", "2 computing units"),
        ("computing_units", "2 GPUs", "1 GPU"),
        ("memory_size", "2 GB", "1 GB"),
    ]


def test_the_best_node_is_the_one_that_lacks_least():
    plain, equipped = node(units=8), node(units=2, processors=(gpus(1),), index=1, name="b")
    core = FakeEngine([plain, equipped]).core
    assert core.best_node(asking(gpus(2))) is equipped
    assert core.best_node(Requirement(9)) is plain


# ---------------------------------------------------------------- what is handed out


def devices(fake):
    return sorted(name for task in fake.running for name in task.slot.devices.get("GPU", ()))


def test_tasks_that_run_have_devices_of_their_own():
    fake = FakeEngine([node(units=8, processors=(gpus(3),))])
    for _ in range(3):
        fake.submit(**on_gpus())
    assert devices(fake) == ["0", "1", "2"]
    waiting = fake.submit(**on_gpus())
    assert waiting.state is State.READY
    fake.finish(fake.running[1])
    assert waiting.slot.devices == {"GPU": ("1",)}


def test_a_task_has_as_many_devices_as_it_asks_for():
    fake = FakeEngine([node(units=8, processors=(gpus(4, devices=("4", "5", "6", "7")),))])
    pair, single = fake.submit(**on_gpus(2)), fake.submit(**on_gpus(1))
    assert pair.slot.devices == {"GPU": ("4", "5")}
    assert single.slot.devices == {"GPU": ("6",)}
    assert fake.submit(**on_gpus(2)).state is State.READY


def test_devices_of_several_kinds_are_counted_apart():
    fake = FakeEngine([node(units=8, processors=(gpus(1), Processor(2, "FPGA")))])
    task = fake.submit(equipment=asking(gpus(1), Processor(2, "FPGA")).equipment)
    assert task.slot.devices == {"GPU": ("0",), "FPGA": ("0", "1")}


def test_two_gpus_of_one_task_may_be_of_different_make():
    fast, slow = gpus(1, name="fast", devices=("x",)), gpus(1, name="slow", devices=("y",))
    fake = FakeEngine([node(units=8, processors=(slow, fast))])
    task = fake.submit(equipment=asking(gpus(1), gpus(1, name="slow")).equipment)
    assert task.slot.devices == {"GPU": ("x", "y")}


@pytest.mark.parametrize("how", ["finish", "fail", "lose", "cancel"])
def test_devices_come_back_however_the_task_ends(how):
    fake = FakeEngine([node(units=4, processors=(gpus(1),))])
    first = fake.submit(**on_gpus(), policy=Policy.IGNORE)
    second = fake.submit(**on_gpus())
    if how == "lose":
        fake.lose(first.slot)
    elif how == "cancel":
        fake.cancel(first)
        fake.stop(first)
    else:
        getattr(fake, how)(first)
    assert fake.running == [second]
    assert second.slot.devices == {"GPU": ("0",)}


def test_a_task_that_waits_lends_its_devices_and_gets_the_same_again():
    fake = FakeEngine([node(units=4, processors=(gpus(2),))])
    other = fake.submit(**on_gpus())
    outer = fake.submit(**on_gpus())
    mine = outer.slot.devices
    inner = fake.submit(**on_gpus(), parent=outer)
    fake.wait(outer)
    assert inner.slot.devices == mine
    third = fake.submit(**on_gpus())
    fake.finish(other)
    fake.finish(inner)
    assert outer in fake.running
    assert outer.slot.devices == mine
    assert {*third.slot.devices["GPU"], *mine["GPU"]} == {"0", "1"}


def test_a_task_goes_on_only_when_its_own_devices_are_free():
    fake = FakeEngine([node(units=4, processors=(gpus(2),))])
    outer = fake.submit(**on_gpus())
    inner = fake.submit(parent=outer)
    fake.wait(outer)
    borrower = fake.submit(**on_gpus())
    assert borrower.slot.devices == outer.slot.devices
    fake.finish(inner)
    assert outer not in fake.running
    fake.finish(borrower)
    assert outer in fake.running


def test_tasks_share_the_bandwidth_of_the_storage():
    fake = FakeEngine([node(units=4, storage_bw=100)])
    wish = Equipment(storage_bw=60)
    first, second = fake.submit(equipment=wish), fake.submit(equipment=wish)
    small = fake.submit(equipment=Equipment(storage_bw=40))
    assert fake.running == [first, small]
    fake.finish(first)
    assert set(fake.running) == {second, small}


def test_a_killed_task_is_tried_again_with_a_device():
    fake = FakeEngine([node(units=4, processors=(gpus(1),))])
    task = fake.submit(**on_gpus())
    fake.submit(**on_gpus())
    fake.lose(task.slot)
    assert fake.running == [task]
    assert task.slot.devices == {"GPU": ("0",)}


def test_cores_of_different_processors_are_counted_apart():
    fast, slow = Processor(1, name="fast"), Processor(3, name="slow")
    fake = FakeEngine([node(units=4, processors=(fast, slow))])
    on_fast = [fake.submit(equipment=Equipment((Processor(1, name="fast"),))) for _ in range(2)]
    wide = fake.submit(units=3)
    assert fake.running == [on_fast[0], wide]
    fake.finish(wide)
    assert on_fast[1] not in fake.running
    fake.finish(on_fast[0])
    assert on_fast[1] in fake.running


def test_who_waits_for_a_gpu_holds_nobody_up_who_needs_none():
    fake = FakeEngine([node(units=4, processors=(gpus(1),))])
    for _ in range(5):
        fake.submit(**on_gpus())
    plain = [fake.submit() for _ in range(3)]
    assert set(plain) < set(fake.running)


def test_a_task_that_needs_many_gpus_is_not_starved_by_those_that_need_one():
    fake = FakeEngine([node(units=8, processors=(gpus(2),))])
    singles = [fake.submit(**on_gpus()) for _ in range(2)]
    pair = fake.submit(**on_gpus(2))
    younger = fake.submit(**on_gpus())
    fake.finish(singles[0])
    assert younger.state is State.READY
    fake.finish(singles[1])
    assert fake.running == [pair]


def test_a_task_that_needs_a_gpu_goes_to_the_node_that_has_one():
    fake = FakeEngine([node(units=8), node(units=2, processors=(gpus(1),), index=1, name="b")])
    assert fake.submit(**on_gpus()).slot.node.name == "b"
    assert fake.submit().slot.node.name == "a"


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(0, 40)), max_size=25),
    st.data(),
)
def test_nothing_is_ever_handed_out_twice(tasks, data):
    fake = FakeEngine([node(units=4, processors=(Processor(3), Processor(1), gpus(3)), storage_bw=50)])
    for units, devices_, bandwidth in tasks:
        cpus = (Processor(units),) if units else ()
        wish = Equipment((*cpus, *([gpus(devices_)] if devices_ else [])), storage_bw=bandwidth)
        fake.submit(units=units, equipment=wish)
        if fake.running and data.draw(st.booleans()):
            fake.finish(data.draw(st.sampled_from(fake.running)))
        busy = [task.slot.requirement for task in fake.running]
        assert len(set(devices(fake))) == len(devices(fake)) <= 3
        assert sum(need.units for need in busy) <= 4
        assert sum(need.storage_bw for need in busy) <= 50
    fake.run()
    assert all(task.state is State.DONE for task in fake.core.unfinished.values())
    assert not fake.core.live
