"""Command lines of container engines, and what is brought back from a container."""

from __future__ import annotations

import os

import numpy as np
import pytest

from pycompss.errors import LaunchError
from pycompss.worker.launchers.container import Place, container_of, mounts, passed_on
from pycompss.worker.launchers.inside import overwrite

PLACE = Place("/w", ["/data", "/w"], {"OMP_NUM_THREADS": "2"})
USER = f"--user={os.getuid()}:{os.getgid()}"
FOLDERS = Place("/w", ["/runs/12:00", '/x,"y":z'], {})  # a colon ends a path in the short form of a mount
WITHIN = ["image:1", "sort", "-n", "/data/x y"]


def filled(text):
    return text.replace("{{x}}", "X Y")


def command(engine, options="", place=PLACE):
    made = container_of({"engine": engine, "image": "image:1", "options": options}, "name", filled)
    return made.command(WITHIN[1:], place), made.ending()


def test_docker_has_user_directory_mounts_and_environment():
    words, ending = command("docker", "--network=none -e 'A=b c' {{x}} --a={{x}} '{{x}}'")
    assert words[:4] == ["docker", "run", "--rm", "--name=name"]
    assert words[4:10] == [USER, "--workdir=/w", "--volume=/data:/data", "--volume=/w:/w", "--env=OMP_NUM_THREADS=2",
                           "--network=none"]  # fmt: skip
    assert words[10:] == ["-e", "A=b c", "X Y", "--a=X Y", "X Y", *WITHIN]
    assert ending == ["docker", "rm", "--force", "name"]


def test_a_standard_input_is_handed_on():
    place = Place("/w", [], {}, reads_input=True)
    assert "--interactive" in command("DOCKER", place=place)[0]
    assert "--interactive" not in command("DOCKER")[0]


def test_podman_keeps_the_user_where_it_maps_others(monkeypatch):
    monkeypatch.setattr(os, "getuid", lambda: 1000)
    words, ending = command("podman")
    assert words[0] == "podman"
    assert "--userns=keep-id" in words
    assert ending == ["podman", "rm", "--force", "--time=0", "name"]


@pytest.mark.parametrize("engine", ["singularity", "apptainer"])
def test_singularity_runs_as_the_user_anyway(engine):
    words, ending = command(engine, "--nv")
    assert words == [engine, "exec", "--pwd=/w", "--bind=/data:/data", "--bind=/w:/w", "--nv", *WITHIN]
    assert ending == []


@pytest.mark.parametrize(("user", "udocker"), [(0, ["udocker", "--allow-root"]), (1000, ["udocker"])])
def test_udocker(monkeypatch, user, udocker):
    """Its banner would be the program's output; when it is killed, it leaves the container's files."""
    monkeypatch.setattr(os, "getuid", lambda: user)
    words, ending = command("UDOCKER")
    (name,) = [word for word in words if word.startswith("--name=")]
    assert words == [*udocker, "run", "--nobanner", "--rm", name, f"--user={user}:{os.getgid()}", "--workdir=/w",
                     "--volume=/data:/data", "--volume=/w:/w", "--env=OMP_NUM_THREADS=2", *WITHIN]  # fmt: skip
    assert ending == [*udocker, "rm", "-f", name.removeprefix("--name=")]


@pytest.mark.parametrize("engine", ["docker", "podman", "singularity", "apptainer"])
def test_directories_with_colons_are_mounted_by_the_longer_form(engine):
    mounted = [word.partition("=")[2] for word in command(engine, place=FOLDERS)[0] if word.startswith("--mount=")]
    assert mounted == [
        'type=bind,"source=/runs/12:00","target=/runs/12:00"',
        'type=bind,"source=/x,""y"":z","target=/x,""y"":z"',
    ]


def test_another_engine_is_refused():
    with pytest.raises(LaunchError, match="there is no container engine LXC; possible are DOCKER, PODMAN"):
        command("LXC")


def test_directories_are_mounted_once_and_by_their_real_names(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real/file").touch()
    (tmp_path / "sandbox/deep").mkdir(parents=True)
    (tmp_path / "sandbox/link").symlink_to(tmp_path / "real/file")
    folder = os.path.realpath(tmp_path)
    found = mounts([f"{folder}/sandbox", f"{folder}/sandbox/deep", f"{folder}/sandbox/link", "/file"])
    assert found == [f"{folder}/real", f"{folder}/sandbox"]


def test_only_what_tells_a_task_about_itself_goes_in():
    gpus = {"CUDA_VISIBLE_DEVICES": "4", "HIP_VISIBLE_DEVICES": "4", "GPU_DEVICE_ORDINAL": "4"}
    told = {"COMPSS_NUM_NODES": "1", "OMP_NUM_THREADS": "2", **gpus}
    assert passed_on({**told, "HOME": "/root", "SECRET": "x"}) == told


class Thing:
    def __init__(self, n):
        self.n = n


@pytest.mark.parametrize(
    ("old", "new"),
    [([1], [1, 2]), ({"a": 1}, {"b": 2}), ({1}, {2, 3}), (bytearray(b"x"), bytearray(b"yz"))],
)
def test_collections_get_the_content_of_their_copies(old, new):
    overwrite(old, new)
    assert old == new


def test_arrays_and_objects_too():
    array, thing = np.zeros(3), Thing(1)
    overwrite(array, np.arange(3.0))
    overwrite(thing, Thing(2))
    assert (list(array), thing.n) == ([0, 1, 2], 2)
    with pytest.raises(TypeError, match="a int that changed in a container cannot be brought back"):
        overwrite(1, 2)
