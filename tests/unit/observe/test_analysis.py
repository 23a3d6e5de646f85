"""What a run's time went into, of histories whose figures can be worked out by hand."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import pytest

from pycompss.core.events import Event, Kind
from pycompss.observe.analysis import DEPENDENCIES, HAND_OVER, NO_TASKS, Analysis
from pycompss.observe.executions import Ran
from pycompss.observe.report import lines, shares
from pycompss.observe.reporthtml import page

START = 1000.0


def begin(units: int = 2) -> list[Event]:
    return [
        (Kind.RUN_STARTED, START, "a<b>.py", (("node1", units, None),)),
        (Kind.TYPE_REGISTERED, START, 0, "app.make"),
        (Kind.TYPE_REGISTERED, START, 1, "app.<use>"),
        (Kind.NEED_REGISTERED, START, 0, 1, 0, "1 computing unit"),
        (Kind.NEED_REGISTERED, START, 1, 2, 0, "2 computing units"),
    ]


def created(task: int, type_: int, time: float, reads: tuple[int, ...] = (), need: int = 0) -> Event:
    accesses = tuple((f"p{n}", 0, f"d{n}v2", n, False) for n in reads)
    return (Kind.TASK_CREATED, START + time, task, type_, accesses, (), (), (), frozenset(), None, need, None)


def ran(task: int, worker: int, began: float, ended: float, *waits: tuple[float, float]) -> list[Event]:
    """A tenth of a second goes into arguments, as much into results."""
    times = (START + began, START + began + 0.1, START + ended - 0.1, START + ended)
    marks = tuple((START + at, 9000100, phase) for wait in waits for at, phase in zip(wait, (22, 6), strict=True))
    run = (task, *times, 0.5, None, None, None, marks)
    return [
        (Kind.TASKS_RAN, START + ended, "node1", worker, worker, (run,)),
        (Kind.TASK_FINISHED, START + ended, task, "node1", worker, 1, ended - began),
    ]


@pytest.fixture
def analysis() -> Analysis:
    """Two units. Task 1 is called at 0, begins at 1, ends at 4; 2 needs it: 4 to 6; 3 is called at 6: 6 to 8."""
    found = Analysis()
    found.read(
        [
            *begin(),
            created(1, 0, 0.0),
            (Kind.TASK_READY, START, 1),
            created(2, 1, 0.0, reads=(1,)),
            *ran(1, 1, 1.0, 4.0),
            (Kind.TASK_READY, START + 4, 2),
            *ran(2, 2, 4.0, 6.0),
            created(3, 0, 6.0),
            (Kind.TASK_READY, START + 6, 3),
            *ran(3, 1, 6.0, 8.0),
        ]
    )
    return found


def test_efficiency_is_the_part_of_all_units_time_that_goes_into_the_code_of_tasks(analysis: Analysis) -> None:
    figures = analysis.figures()
    assert figures.span == pytest.approx(8.0)
    assert figures.useful == pytest.approx(2.8 + 1.8 + 1.8)
    assert figures.overhead == pytest.approx(0.6)
    assert figures.efficiency == pytest.approx(6.4 / 16)


class Arrows(Analysis):
    """Which tasks a trace shows to depend on others."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[int] = []

    def depends(self, producer: tuple[int, int], consumer: Ran) -> None:
        assert producer[1] <= consumer.began
        self.seen.append(consumer.task)


def test_a_task_may_be_told_of_before_those_it_read() -> None:
    """2 and 3 were sent before what they read was made, to other workers, which have told sooner."""
    found = Arrows()
    found.read(
        [
            *begin(),
            created(1, 0, 0.0),
            created(2, 1, 0.0, reads=(1,)),
            created(3, 0, 0.0, reads=(2,)),
            *((Kind.TASK_READY, START, task) for task in (1, 2, 3)),
            *ran(3, 1, 6.0, 8.0),
            *ran(2, 2, 4.0, 6.0),
            *ran(1, 3, 1.0, 4.0),
        ]
    )
    assert sorted(found.seen) == [2, 3]
    figures = found.figures()
    assert figures.critical == pytest.approx(7.0)
    assert figures.path == [("app.make", 2), ("app.<use>", 1)]
    assert figures.idle[HAND_OVER] == pytest.approx(1.0)
    assert figures.idle[DEPENDENCIES] == pytest.approx(1.0 + 3.0 + 2.0)


def test_idle_units_have_reasons(analysis: Analysis) -> None:
    idle = analysis.figures().idle
    assert idle[HAND_OVER] == pytest.approx(1.0)  # task 1, from 0 to 1
    assert idle[DEPENDENCIES] == pytest.approx(1.0 + 3.0)  # task 2 waits for 1
    assert idle[NO_TASKS] == pytest.approx(2.0 + 2.0)
    assert sum(share for _, share in shares(analysis.figures())) == pytest.approx(1.0)


def test_the_critical_path_is_the_longest_chain_of_tasks(analysis: Analysis) -> None:
    figures = analysis.figures()
    assert figures.critical == pytest.approx(5.0)
    assert figures.path == [("app.make", 1), ("app.<use>", 1)]


def test_balance_compares_the_workers(analysis: Analysis) -> None:
    assert analysis.figures().balance == pytest.approx((5.0 + 2.0) / 2 / 5.0)


def test_a_task_of_several_units_counts_for_each() -> None:
    analysis = Analysis()
    analysis.read([*begin(), created(1, 0, 0.0, need=1), *ran(1, 1, 0.0, 2.0)])
    figures = analysis.figures()
    assert figures.efficiency == pytest.approx(1.8 / 2)
    assert sum(figures.idle.values()) == pytest.approx(0.0)


def test_the_text_has_a_line_for_each_type(analysis: Analysis) -> None:
    text = "\n".join(lines(analysis.figures()))
    assert "parallel efficiency                               40.0%" in text
    assert "app.make" in text
    assert "1 x app.make + 1 x app.<use>" in text


def test_a_run_without_tasks_is_told(analysis: Analysis) -> None:
    empty = Analysis()
    empty.read(begin())
    with pytest.raises(ValueError, match="no task has run"):
        empty.figures()


def test_the_page_stands_alone_and_its_pictures_are_well_formed(analysis: Analysis) -> None:
    html = "".join(page(analysis, analysis.figures()))
    assert "http" not in html
    assert "<b>" not in html
    assert "app.&lt;use&gt;" in html
    pictures = [f"<svg{part.partition('</svg>')[0]}</svg>" for part in html.split("<svg")[1:]]
    assert len(pictures) == 3
    bars = pictures[-1].count("<rect")
    assert bars == 3
    tags: list[str] = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, _attributes: tags.append(tag)  # type: ignore[method-assign]
    parser.feed(html)
    assert tags.count("table") == 1
    assert tags.count("tr") == 1 + 2
    quoted = pictures[0].replace("role=img", "role='img'").replace("height=34", "height='34'")
    ET.fromstring(quoted)


def test_a_task_that_waits_for_its_own_leaves_its_unit_to_them() -> None:
    """One unit. Task 1 runs from 0 to 6 and waits from 1 to 5; task 2, which it has called, runs from 2 to 4."""
    found = Analysis()
    ready = [(Kind.TASK_READY, START, 1), (Kind.TASK_READY, START + 1, 2)]
    inner = [created(2, 0, 1.0), ready[1], *ran(2, 2, 2.0, 4.0)]
    found.read([*begin(1), created(1, 0, 0.0), ready[0], *inner, *ran(1, 1, 0.0, 6.0, (1.0, 5.0))])
    figures = found.figures()
    assert figures.useful == pytest.approx(6 - 0.2 - 4 + 2 - 0.2)
    assert figures.efficiency == pytest.approx(3.6 / 6)
    assert figures.idle == pytest.approx({HAND_OVER: 1.0, DEPENDENCIES: 0.0, NO_TASKS: 1.0})
    assert figures.useful + figures.overhead + sum(figures.idle.values()) == pytest.approx(6.0)


def profile(analysis: Analysis) -> str:
    """The picture of computing units at work; y = 0 is as many as there are."""
    html = "".join(page(analysis, analysis.figures()))
    return html.partition("<h2>Computing units at work</h2>")[2].partition("</svg>")[0]


def test_the_picture_of_units_at_work_counts_units_not_tasks() -> None:
    analysis = Analysis()
    analysis.read([*begin(), created(1, 0, 0.0, need=1), *ran(1, 1, 0.0, 2.0)])
    assert "84.0,0.0 " in profile(analysis)


def test_a_task_that_waits_for_its_own_is_not_drawn_at_work() -> None:
    analysis = Analysis()
    inner = [created(2, 0, 1.0), *ran(2, 2, 1.0, 5.0)]
    analysis.read([*begin(1), created(1, 0, 0.0), *inner, *ran(1, 1, 0.0, 6.0, (1.0, 5.0))])
    assert "y1=0.0 y2=0.0" in profile(analysis)  # the line of all units is the top: there are never more
