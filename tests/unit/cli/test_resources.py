"""Nodes from resources.xml and project.xml."""

from __future__ import annotations

import socket
import textwrap
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pycompss.core.deployment import Deployment
from pycompss.core.equipment import Equipment, Processor
from pycompss.core.resources import Node, Requirement
from pycompss.deploy import hosts, resources
from pycompss.deploy.resources import Described
from pycompss.errors import ConfigurationError
from pycompss.runtime import machine
from pycompss.runtime.config import Config, NodeSpec, ServiceSpec

PLAIN = Equipment()
WORK = Deployment("/tmp/work/")

RESOURCES = """\
<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<ResourcesList>
    <ComputeNode Name="localhost">
        <Processor Name="P1"><ComputingUnits>6</ComputingUnits><Architecture>amd64</Architecture></Processor>
        <Processor Name="P2"><ComputingUnits>2</ComputingUnits><Type>CPU</Type></Processor>
        <Memory><Size>16.5</Size></Memory>
        <Adaptors>
            <Adaptor Name="es.bsc.compss.nio.master.NIOAdaptor">
                <SubmissionSystem><Interactive/></SubmissionSystem>
                <Ports><MinPort>43001</MinPort><MaxPort>43002</MaxPort></Ports>
            </Adaptor>
        </Adaptors>
    </ComputeNode>
    <ComputeNode Name="127.0.0.1">
        <Processor Name="P1"><ComputingUnits>1</ComputingUnits></Processor>
    </ComputeNode>
</ResourcesList>
"""
PROJECT = """\
<Project>
    <MasterNode/>
    <ComputeNode Name="localhost">
        <InstallDir>/opt/COMPSs/</InstallDir>
        <WorkingDir>/tmp/work/</WorkingDir>
        <LimitOfTasks>3</LimitOfTasks>
    </ComputeNode>
</Project>
"""


Read = Callable[..., Described]
DEVICES = {"GPU": ["3", "5"]}  # of this machine


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """`read(project=…, resources=…)` with the texts of the files."""

    def described(project: str | None = None, resources_: str | None = None) -> Described:
        paths: list[str | None] = []
        for name, text in (("project.xml", project), ("resources.xml", resources_)):
            paths.append(None if text is None else str(tmp_path / name))
            if text is not None:
                (tmp_path / name).write_text(textwrap.dedent(text))
        return resources.read(paths[0], paths[1], DEVICES)

    return described


@pytest.fixture
def nodes(read: Read) -> Callable[..., tuple[NodeSpec, ...]]:
    """The nodes, without what constraints may ask for beside units and memory."""
    return lambda *texts: tuple(replace(node, equipment=PLAIN) for node in read(*texts).nodes)


def problem(nodes, tmp_path: Path, project: str | None = None, resources_: str | None = None) -> str:
    with pytest.raises(ConfigurationError) as caught:
        nodes(project, resources_)
    return caught.value.message.replace(f"{tmp_path}/", "")


def test_a_project_chooses_among_the_resources(nodes) -> None:
    assert nodes(PROJECT, RESOURCES) == (NodeSpec("localhost", 8, 16_500_000_000, 3, PLAIN, deployment=WORK),)


def test_resources_alone_are_all_used(nodes) -> None:
    assert nodes(None, RESOURCES) == (
        NodeSpec("localhost", 8, 16_500_000_000, equipment=PLAIN),
        NodeSpec("127.0.0.1", 1, equipment=PLAIN),
    )


def test_a_project_alone_takes_this_machine_as_it_is(nodes) -> None:
    node = NodeSpec("localhost", machine.computing_units(), machine.memory_bytes(), 3, PLAIN, deployment=WORK)
    assert nodes(PROJECT) == (node,)


def test_a_master_node_with_processors_is_a_node(nodes) -> None:
    project = """
        <Project><MasterNode><Processor Name="P"><ComputingUnits>2</ComputingUnits></Processor></MasterNode></Project>
    """
    assert nodes(project, RESOURCES) == (NodeSpec("master", 2, equipment=PLAIN),)


def test_a_negative_limit_is_none(nodes) -> None:
    assert nodes(PROJECT.replace("3", "-1"), RESOURCES)[0].limit_of_tasks is None


def test_a_configuration_has_these_nodes(tmp_path: Path) -> None:
    (tmp_path / "r.xml").write_text(RESOURCES)
    assert [node.name for node in Config(resources=str(tmp_path / "r.xml")).nodes] == ["localhost", "127.0.0.1"]


EQUIPPED = """
<ResourcesList>
    <ComputeNode Name="localhost">
        <Processor Name="Fast">
            <ComputingUnits>4</ComputingUnits><Architecture>amd64</Architecture><Speed>2.6</Speed>
            <ProcessorProperty><Key>vendor</Key><Value>Intel</Value></ProcessorProperty>
        </Processor>
        <Processor Name="V100">
            <ComputingUnits>3</ComputingUnits><Type>GPU</Type><InternalMemorySize>16</InternalMemorySize>
        </Processor>
        <Memory><Size>64</Size><Type>DRAM</Type></Memory>
        <Storage><Size>500</Size><Type>SSD</Type><Bandwidth>400</Bandwidth></Storage>
        <OperatingSystem><Type>Linux</Type><Distribution>Debian</Distribution><Version>12</Version></OperatingSystem>
        <Software><Application>numpy</Application><Application>gromacs</Application></Software>
        <Adaptors><Adaptor Name="es.bsc.compss.gos.master.GOSAdaptor"><SubmissionSystem>
            <Batch><Queue>short</Queue><Queue>long</Queue></Batch>
        </SubmissionSystem></Adaptor></Adaptors>
    </ComputeNode>
    <ComputeNode Name="127.0.0.1">
        <Processor Name="P"><ComputingUnits>1</ComputingUnits></Processor>
        <Processor Name="G"><ComputingUnits>1</ComputingUnits><Type>gpu</Type></Processor>
    </ComputeNode>
</ResourcesList>
"""


def test_everything_that_constraints_may_ask_for_is_read(read: Read) -> None:
    first, second = read(None, EQUIPPED).nodes
    assert first == NodeSpec(
        "localhost",
        4,
        64_000_000_000,
        equipment=Equipment(
            (
                Processor(4, "CPU", "Fast", "amd64", 2.6, properties=(("vendor", "Intel"),)),
                Processor(3, "GPU", "V100", memory=16, devices=("3", "5", "0")),
            ),
            "DRAM",
            500,
            "SSD",
            400,
            "Linux",
            "Debian",
            "12",
            ("numpy", "gromacs"),
            ("short", "long"),
            is_local=True,
        ),
    )
    assert second.equipment.processors[1] == Processor(1, "GPU", "G", devices=("1",))


def test_a_project_may_choose_among_the_queues(read: Read) -> None:
    adaptors = """<Adaptors><Adaptor Name="a"><SubmissionSystem><Batch><Queue>long</Queue></Batch>
        </SubmissionSystem></Adaptor></Adaptors></ComputeNode>"""
    (node,) = read(PROJECT.replace("</ComputeNode>", adaptors), EQUIPPED).nodes
    assert node.equipment.host_queues == ("long",)


def test_a_project_alone_has_the_devices_of_this_machine(read: Read) -> None:
    first, second = read(PROJECT.replace("</Project>", '<ComputeNode Name="127.0.0.1"/></Project>')).nodes
    assert first.equipment.processors[1:] == (Processor(2, "GPU", devices=("3", "5")),)
    assert second.equipment.processors[1:] == ()  # they are one machine


def test_what_is_described_is_matched(read: Read) -> None:
    spec = read(None, EQUIPPED).nodes[0]
    node = Node(0, spec.name, spec.computing_units, spec.memory_bytes, equipment=spec.equipment)
    wish = Equipment((Processor(4, architecture="x86_64"), Processor(3, "GPU", "v100")), app_software=("Gromacs",))
    assert node.could_hold(Requirement(4, 0, wish))
    assert not node.could_hold(Requirement(4, 0, replace(wish, storage_type="HDD")))


def test_what_has_no_effect_is_named_once(nodes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    more = "<SharedDisks><AttachedDisk Name='d'><MountPoint>/d</MountPoint></AttachedDisk></SharedDisks>"
    more += "<Price><TimeUnit>1</TimeUnit></Price>"
    nodes(None, RESOURCES.replace("</ComputeNode>", f"{more}\n</ComputeNode>").replace(
        "</ResourcesList>", '<DataNode Name="d"/>\n<CloudProvider Name="c"/>\n</ResourcesList>'))  # fmt: skip
    assert capsys.readouterr().err.replace(f"{tmp_path}/", "").splitlines() == [
        "WARNING: resources.xml:19: <DataNode> is not supported yet and has no effect",
        "WARNING: resources.xml:20: <CloudProvider> is not supported yet and has no effect",
    ]


# ---------------------------------------------------------------- services


SERVICES = """\
<ResourcesList>
    <Http BaseUrl="http://localhost:1992"><ServiceName>first</ServiceName><ServiceName>second</ServiceName></Http>
    <Http BaseUrl="https://example.org/api"><ServiceName>third</ServiceName></Http>
    <Service wsdl="http://localhost/hmmer?wsdl"><Name>hmmer</Name><Namespace>http://hmmer</Namespace><Port>H</Port>
    </Service>
</ResourcesList>
"""
CHOSEN = """\
<Project>
    <MasterNode/>
    <Http BaseUrl="http://localhost:1992"><LimitOfTasks>2</LimitOfTasks></Http>
</Project>
"""


def test_services_are_read(read: Read) -> None:
    assert read(None, SERVICES).services == (
        ServiceSpec("http://localhost:1992", "Http", ("first", "second")),
        ServiceSpec("https://example.org/api", "Http", ("third",)),
        ServiceSpec("http://localhost/hmmer?wsdl", "Service", ("hmmer",), "http://hmmer", "H"),
    )


def test_a_project_chooses_among_the_services(read: Read) -> None:
    found = read(CHOSEN, SERVICES)
    assert found.services == (ServiceSpec("http://localhost:1992", "Http", ("first", "second"), limit_of_tasks=2),)


def test_services_alone_leave_this_machine_as_the_node(tmp_path: Path) -> None:
    (tmp_path / "r.xml").write_text(SERVICES)
    config = Config(resources=str(tmp_path / "r.xml"))
    assert [node.name for node in config.nodes] == ["localhost"]
    assert [service.names for service in config.services] == [("first", "second"), ("third",), ("hmmer",)]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("http://localhost:1992", "localhost", "resources.xml:2: <Http> BaseUrl='localhost' is no address such as"),
        ("BaseUrl=", "Base=", "resources.xml:2: <Http> needs the attribute BaseUrl="),
        (">third<", ">First<", "resources.xml:3: <Http> has the service 'First', which http://localhost:1992 has"),
    ],
)
def test_a_service_that_makes_no_sense_is_refused(nodes, tmp_path: Path, before: str, after: str, said: str) -> None:
    assert problem(nodes, tmp_path, None, SERVICES.replace(before, after)).startswith(said)


def test_a_project_service_that_is_not_in_the_resources_is_refused(nodes, tmp_path: Path) -> None:
    said = problem(nodes, tmp_path, CHOSEN.replace("1992", "1"), SERVICES)
    assert said.startswith("project.xml:3: <Http> 'http://localhost:1' is not in the resources; they have http://local")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        resources.read(None, str(tmp_path / "none.xml"), {})
    assert caught.value.message == f"{tmp_path}/none.xml: cannot be read: No such file or directory"


def test_what_is_no_xml_is_named_with_its_line(nodes, tmp_path: Path) -> None:
    said = problem(nodes, tmp_path, None, "<ResourcesList>\n<ComputeNode>\n</ResourcesList>")
    assert said == "resources.xml:3: not valid XML: mismatched tag"


def test_entities_are_refused(nodes, tmp_path: Path) -> None:
    said = problem(nodes, tmp_path, None, '<!DOCTYPE r [<!ENTITY a "b">]><ResourcesList>&a;</ResourcesList>')
    assert said.startswith("resources.xml: refused, because it defines or refers to entities")


def test_another_root_is_refused(nodes, tmp_path: Path) -> None:
    said = problem(nodes, tmp_path, RESOURCES)
    assert said == "project.xml:2: <ResourcesList> is not the root of this file; expected <Project>"


def test_unknown_elements_are_refused_with_a_close_match(nodes, tmp_path: Path) -> None:
    said = problem(nodes, tmp_path, None, RESOURCES.replace("Memory>", "Memroy>"))
    assert said == "resources.xml:6: <Memroy> is unknown inside <ComputeNode> (did you mean <Memory>?)"
    said = problem(nodes, tmp_path, PROJECT.replace("<MasterNode/>", "<MasterNode/><Quux/>"))
    assert said.startswith(
        "project.xml:2: <Quux> is unknown inside <Project>; there may be <MasterNode>, <ComputeNode>"
    )


def test_a_node_without_a_name_is_refused(nodes, tmp_path: Path) -> None:
    said = problem(nodes, tmp_path, None, RESOURCES.replace(' Name="localhost"', ""))
    assert said == "resources.xml:3: <ComputeNode> needs the attribute Name="


def test_a_node_described_twice_is_refused(nodes, tmp_path: Path) -> None:
    said = problem(nodes, tmp_path, None, RESOURCES.replace("127.0.0.1", "localhost"))
    assert said == 'resources.xml:14: <ComputeNode> Name="localhost" was described before, in line 3'


def test_a_project_node_that_is_not_in_the_resources_is_refused(nodes, tmp_path: Path) -> None:
    said = problem(nodes, tmp_path, PROJECT.replace("localhost", "node1"), RESOURCES)
    assert said == ('project.xml:3: <ComputeNode> Name="node1" is not in the resources; they have localhost, 127.0.0.1')


def test_another_machine_is_a_node_that_ssh_starts(nodes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosts, "_addresses", lambda _: ["192.0.2.1"])
    here, there = nodes(None, RESOURCES.replace('"127.0.0.1"', '"node1.cluster"'))
    assert here.start == ()
    assert there.start[0] == "ssh"
    assert there.start[-2:] == ("--", "node1.cluster")
    assert there.by_shell


DEPLOYED = """\
<Project>
    <MasterNode/>
    <ComputeNode Name="node1.cluster">
        <WorkingDir>/scratch/</WorkingDir>
        <Application>
            <AppDir>/apps/mine</AppDir><LibraryPath>/apps/lib:/apps/lib64</LibraryPath><Classpath>null</Classpath>
            <Pythonpath>/apps/more</Pythonpath><EnvironmentScript>/apps/env.sh</EnvironmentScript>
            <PythonInterpreter>/opt/python/bin/python3</PythonInterpreter>
        </Application>
        <Adaptors><Adaptor Name="es.bsc.compss.nio.master.NIOAdaptor">
            <SubmissionSystem><Interactive/></SubmissionSystem>
            <Ports><MinPort>43001</MinPort><MaxPort>43002</MaxPort><SpawnerPort>2222</SpawnerPort></Ports>
            <User>me</User>
        </Adaptor></Adaptors>
    </ComputeNode>
</Project>
"""


def test_how_a_nodes_processes_start_is_read(
    nodes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(hosts, "_addresses", lambda _: ["192.0.2.1"])
    (there,) = nodes(DEPLOYED)
    assert there.deployment == Deployment(
        "/scratch/",
        "/opt/python/bin/python3",
        ("/apps/env.sh",),
        ("/apps/mine", "/apps/more"),
        ("/apps/lib", "/apps/lib64"),
    )
    assert there.start[-6:] == ("-l", "me", "-p", "2222", "--", "node1.cluster")
    assert capsys.readouterr().err == ""


def test_how_long_ssh_waits_can_be_told(nodes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosts, "_addresses", lambda _: ["192.0.2.1"])
    monkeypatch.setenv("COMPSS_SSH_TIMEOUT", "160000")
    assert "ConnectTimeout=160" in nodes(DEPLOYED)[0].start


def test_a_program_runs_in_its_own_interpreter_on_this_machine(
    nodes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nodes(DEPLOYED.replace("node1.cluster", "localhost"))
    said = capsys.readouterr().err.replace(f"{tmp_path}/", "")
    assert said.startswith(
        "WARNING: project.xml:8: <PythonInterpreter> /opt/python/bin/python3 is not used on this machine"
    )


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("/scratch/", "scratch", "project.xml:4: <WorkingDir> is 'scratch'; expected the absolute path of a folder"),
        (">me<", ">-me<", "project.xml:13: <User> is '-me', which is no name of a user"),
        (">2222<", ">ssh<", "project.xml:12: <SpawnerPort> is 'ssh'; expected the port of sshd"),
    ],
)
def test_what_does_not_lead_to_a_node_is_refused(nodes, tmp_path: Path, before: str, after: str, said: str) -> None:
    assert problem(nodes, tmp_path, DEPLOYED.replace(before, after)).startswith(said)


def test_nodes_of_the_job_are_reached_by_its_batch_system(nodes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosts, "_addresses", lambda _: ["192.0.2.1"])
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    monkeypatch.setenv("SLURM_JOB_NODELIST", "node[1-2].cluster")
    (there,) = nodes(DEPLOYED)
    assert (there.start[0], there.start[-1], there.by_shell) == ("srun", "--nodelist=node1.cluster", False)
    assert there.deployment.working_dir == "/scratch/"
    monkeypatch.setenv("SLURM_JOB_NODELIST", "node[3-4].cluster")
    assert nodes(DEPLOYED)[0].start[0] == "ssh"


@pytest.mark.parametrize("name", ["-oProxyCommand=x", "a b", "a;b", "$HOST"])
def test_a_name_that_is_no_host_is_refused(nodes, tmp_path: Path, name: str) -> None:
    said = problem(nodes, tmp_path, None, RESOURCES.replace('"localhost"', f'"{name}"'))
    assert said == f'resources.xml:3: <ComputeNode> Name="{name}" is no name of a host'


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("<ComputingUnits>6<", "<ComputingUnits>six<", "resources.xml:4: <ComputingUnits> is 'six'; expected a number"),
        ("<Size>16.5<", "<Size>-1<", "resources.xml:6: <Size> is '-1'; expected a number, 0 or more"),
        ("<Size>16.5<", "<Size>nan<", "resources.xml:6: <Size> is 'nan'; expected a number, 0 or more"),
        (">CPU<", ">TPU<", "resources.xml:5: <Processor> has the type TPU; the types are CPU, GPU, FPGA, OTHER"),
        ("<Architecture>amd64<", "<Speed>fast</Speed><Architecture>amd64<", "resources.xml:4: <Speed> is 'fast'; exp"),
        (
            "<Architecture>amd64</Architecture>",
            "<ProcessorProperty/>",
            "resources.xml:4: <ProcessorProperty> needs a <Key>",
        ),
    ],
)
def test_what_is_no_number_is_refused(nodes, tmp_path: Path, before: str, after: str, said: str) -> None:
    assert problem(nodes, tmp_path, None, RESOURCES.replace(before, after)).startswith(said)


def test_a_node_without_cores_is_refused(nodes, tmp_path: Path) -> None:
    said = problem(nodes, tmp_path, None, '<ResourcesList>\n<ComputeNode Name="localhost"/></ResourcesList>')
    assert said.startswith("resources.xml:2: <ComputeNode> has no CPU with computing units")


def test_a_project_needs_a_master(nodes, tmp_path: Path) -> None:
    said = problem(nodes, tmp_path, PROJECT.replace("<MasterNode/>", ""))
    assert said == "project.xml:1: <Project> needs a <MasterNode>, which may be empty"


def test_no_node_at_all_is_refused(nodes, tmp_path: Path) -> None:
    said = problem(nodes, tmp_path, "<Project><MasterNode/></Project>", RESOURCES)
    assert said == "project.xml: describes no compute node, so no task could run"


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1", socket.gethostname()])
def test_names_of_this_machine_are_recognised(name: str) -> None:
    assert hosts.is_this_machine(name)


def test_names_are_resolved(monkeypatch: pytest.MonkeyPatch) -> None:
    addresses = {"loop": ["127.0.1.1"], "mine": ["10.0.0.1", "127.0.0.1"], "other": ["192.0.2.1"], "none": []}
    monkeypatch.setattr(hosts, "_addresses", addresses.__getitem__)
    assert [name for name in addresses if hosts.is_this_machine(name)] == ["loop", "mine"]
