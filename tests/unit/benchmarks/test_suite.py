"""The run as a whole, with measurements that are made up."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest


@pytest.fixture(scope="module")
def sessions(benchmark):
    return benchmark("sessions")


@pytest.fixture(scope="module")
def suite(benchmark):
    return benchmark("suite")


QUIET = {"busy_percent": 3.0, "is_quiet": True, "waited_s": 1.0, "load": (0.1, 0.2, 0.3)}


@pytest.fixture
def answers(monkeypatch, suite, sessions):
    """What workloads answer: (figures, seconds) by engine and workload; asked: who was."""
    made = SimpleNamespace(known={}, asked=[])

    def measure(session, engine, names, workers, scale):
        for name in names:
            made.asked.append((engine, name))
            figures, seconds = made.known.get((engine, name), ({name: 1.0}, 0.1))
            yield engine, name, figures, seconds

    monkeypatch.setattr(suite.sessions, "measure", measure)
    monkeypatch.setattr(suite.sessions, "programs", list)
    monkeypatch.setattr(suite.quiet, "wait", lambda _: QUIET)
    monkeypatch.setattr(suite, "is_installed", lambda engine: engine != "parsl")
    return made


def given(suite, *arguments):
    return suite.options().parse_args(arguments)


def test_engines_take_turns_to_be_the_first(suite, answers):
    run = suite.Suite(given(suite, "--workloads", "W8-alive"))
    run.run()
    assert answers.asked == [
        (engine, "W8-alive") for engine in ("pool", "pycompss", "pycompss", "pool", "pool", "pycompss")
    ]


def test_what_takes_long_or_fails_is_not_repeated(suite, answers):
    answers.known = {("pool", "W8"): ({"W8": 21.0}, 21.0), ("pycompss", "W8"): ({"W8": "exit code -9"}, 0.1)}
    run = suite.Suite(given(suite, "--workloads", "W8,W9"))
    run.run()
    assert [workload for _, workload in answers.asked].count("W8") == 2
    assert any("W8 (pool), W8 (pycompss)" in note for note in suite.notes(run))
    assert "Failed: pycompss, W8: exit code -9." in list(suite.notes(run))


def test_a_name_stands_for_all_its_parts(suite, answers):
    suite.Suite(given(suite, "--workloads", "W5", "--rounds", "1", "--engines", "pycompss")).run()
    assert [name for _, name in answers.asked] == ["W5-10", "W5-100", "W5-10-memory", "W5-100-memory"]


def test_an_engine_that_is_not_installed_is_named(suite, answers):
    run = suite.Suite(given(suite, "--rounds", "1"))
    run.run()
    assert "parsl" not in {engine for engine, _ in answers.asked}
    assert "Not installed: parsl." in list(suite.notes(run))


def test_a_machine_that_was_not_quiet_is_told(suite, answers, monkeypatch):
    monkeypatch.setattr(suite.quiet, "wait", lambda _: {**QUIET, "busy_percent": 80.0, "is_quiet": False})
    run = suite.Suite(given(suite, "--rounds", "2", "--workloads", "W8"))
    run.run()
    assert any("not quiet** before round 1, 2" in note for note in suite.notes(run))


def test_an_interrupted_run_keeps_what_it_measured_and_leaves_the_page(suite, answers, monkeypatch, tmp_path, capsys):
    page, data = tmp_path / "page.md", tmp_path / "new" / "data.json"
    page.write_text("as it was")

    def interrupted(session, engine, names, workers, scale):
        yield engine, names[0], {names[0]: 5.0}, 0.1
        raise KeyboardInterrupt

    monkeypatch.setattr(suite.sessions, "measure", interrupted)
    monkeypatch.setattr("sys.argv", ["suite.py", "--page", str(page), "--json", str(data)])
    with pytest.raises(KeyboardInterrupt):
        suite.main()
    assert json.loads(data.read_text())["rounds"] == [{"plain": {"W1": 5.0}}]
    assert page.read_text() == "as it was"
    assert "W1 10,000 empty tasks" in capsys.readouterr().out


def said(begin, **figures):
    return [{"begin": begin}, {"workload": begin, "figures": figures, "seconds": 0.5}]


def measured(sessions, monkeypatch, outcomes, names):
    """What a session makes of these outcomes of its processes, and the workloads that each was asked for."""
    asked = []

    def run(command, patience, sample=False):
        asked.append([word for word in command if word.startswith("W")])
        return outcomes.pop(0)

    monkeypatch.setattr(sessions.apart, "run", run)
    session = sessions.Session(tuple(names), ("ray",))
    found = [(name, figures) for _, name, figures, _ in sessions.measure(session, "ray", names, 2, 1.0)]
    return found, asked


def test_after_a_workload_that_hangs_the_others_go_on_in_a_new_process(sessions, monkeypatch):
    first = sessions.apart.Outcome([*said("W1", W1=9.0), {"begin": "W2"}], "nothing for 90 s")
    second = sessions.apart.Outcome(said("W3", W3=8.0))
    found, asked = measured(sessions, monkeypatch, [first, second], ["W1", "W2", "W3"])
    assert found == [("W1", {"W1": 9.0}), ("W2", {"W2": "nothing for 90 s"}), ("W3", {"W3": 8.0})]
    assert asked == [["W1", "W2", "W3"], ["W3"]]


def test_an_engine_that_does_not_start_is_tried_once(sessions, monkeypatch):
    found, asked = measured(sessions, monkeypatch, [sessions.apart.Outcome([], "no port")], ["W1", "W2"])
    assert found == [("W1", {"W1": "no port"}), ("W2", {"W2": "no port"})]
    assert len(asked) == 1


def test_an_engine_that_ends_badly_after_its_work_has_worked(sessions, monkeypatch):
    outcome = sessions.apart.Outcome(said("W1", W1=9.0), "nothing for 90 s")
    assert measured(sessions, monkeypatch, [outcome], ["W1"])[0] == [("W1", {"W1": 9.0})]


def test_memory_is_the_peak_of_the_samples_in_megabytes(sessions, monkeypatch):
    samples = [(9.9, 1_000_000), (10.5, 13_000_000)]
    outcome = sessions.apart.Outcome(said("W5-10-memory", began=10.0, ended=11.0), "", samples)
    assert measured(sessions, monkeypatch, [outcome], ["W5-10-memory"])[0] == [("W5-10-memory", {"W5-10-memory": 12.0})]


def test_what_a_program_says_becomes_figures_with_its_name(sessions, monkeypatch):
    outcome = sessions.apart.Outcome([{"program": "cholesky", "engine": "limit", "makespan_s": 4.0}])
    monkeypatch.setattr(sessions.apart, "run", lambda *_: outcome)
    assert sessions.run_program("cholesky", "limit", 2)[:3] == ("hardware", "cholesky", {"cholesky makespan_s": 4.0})


def test_a_program_that_fails_is_told_as_such(sessions, monkeypatch):
    monkeypatch.setattr(sessions.apart, "run", lambda *_: sessions.apart.Outcome([], "no memory"))
    assert sessions.run_program("shuffle", "ray", 2)[:3] == ("ray", "shuffle", {"shuffle": "no memory"})


def test_all_figures_of_the_table_are_measured_by_some_session(benchmark, sessions):
    measured = {name for session in sessions.SESSIONS for name in session.workloads} | set(sessions.PROGRAMS)
    assert {row.figure.partition(" ")[0] for row in benchmark("rows").ROWS} == measured
