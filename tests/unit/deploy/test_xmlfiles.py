"""Files for nodes, read back by what reads users' files."""

from __future__ import annotations

from pathlib import Path

import pytest

from pycompss.cli.xmlfiles import generate
from pycompss.deploy import resources, xml


def test_written_files_are_read_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--cpus_per_node=3", "--node_memory=1.5", f"--output={tmp_path / 'new'}", "localhost"]
    assert generate(words) == 0
    project, found, _ = capsys.readouterr().out.splitlines()
    (node,) = resources.read(project, found, {}).nodes
    assert (node.name, node.computing_units, node.memory_bytes) == ("localhost", 3, 1_500_000_000)
    assert node.deployment.working_dir == "/tmp/COMPSsWorker"


def test_the_nodes_of_a_job_are_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("JOB_ID", "7"), ("JOB_NODELIST", "n[1-2]"), ("JOB_CPUS_PER_NODE", "4,5")):
        monkeypatch.setenv(f"SLURM_{name}", value)
    assert generate([f"--output={tmp_path}"]) == 0
    nodes = list(xml.read(str(tmp_path / "resources.xml")).all("ComputeNode"))
    units = [processor.text_of("ComputingUnits") for node in nodes for processor in node.all("Processor")]
    assert [node.attribute("Name") for node in nodes] == ["n1", "n2"]
    assert units == ["4", "5"]


def test_names_cannot_break_the_file(tmp_path: Path) -> None:
    assert generate([f"--output={tmp_path}", "--user=<a&b>", 'odd"<name']) == 0
    node = next(xml.read(str(tmp_path / "project.xml")).all("ComputeNode"))
    assert (node.attribute("Name"), node.text_of("User")) == ('odd"<name', "<a&b>")


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    assert generate([f"--output={tmp_path / 'file'}"]) == 1
    assert "compss_xmls_generator: " in capsys.readouterr().err
