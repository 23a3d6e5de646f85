"""With which libraries a program's file says that it is linked, and whose MPI that is."""

from __future__ import annotations

import os
import random
import struct

import pytest

from pycompss.errors import LaunchError
from pycompss.worker.launchers import families, runner, trial
from pycompss.worker.launchers.launch import Body, Launch
from pycompss.worker.launchers.linkage import libraries

BASE = 0x400000  # where the file is loaded
FORMATS = {"32 bits": (1, "<"), "64 bits": (2, "<"), "32 bits, big-endian": (1, ">"), "64 bits, big-endian": (2, ">")}


def elf(*needed: str, bits: int = 2, order: str = "<") -> bytes:
    """The least file that is linked with these libraries: header, two segments, dynamic segment, names."""
    word, start = ("I", 52) if bits == 1 else ("Q", 64)
    size = 32 if bits == 1 else 56
    names = b"\0".join([b"", *(name.encode() for name in needed), b""])
    offsets = [names.index(b"\0" + name.encode() + b"\0") + 1 for name in needed]
    dynamic = start + 2 * size
    length = struct.calcsize(order + 2 * word) * (len(needed) + 2)
    tags = [*((1, offset) for offset in offsets), (5, BASE + dynamic + length), (0, 0)]
    table = b"".join(struct.pack(order + 2 * word, *tag) for tag in tags)
    whole = dynamic + length + len(names)
    places = [(1, 0, BASE, whole), (2, dynamic, BASE + dynamic, length)]
    segments = b"".join(_segment(bits, order, *place) for place in places)
    fields = (2, 62, 1, BASE, start, 0, 0, start, size, 2, 0, 0, 0)
    magic = b"\x7fELF" + bytes([bits, 1 if order == "<" else 2, 1]) + bytes(9)
    return magic + struct.pack(f"{order}HHI{3 * word}IHHHHHH", *fields) + segments + table + names


def _segment(bits: int, order: str, kind: int, offset: int, address: int, size: int) -> bytes:
    if bits == 1:
        return struct.pack(order + "8I", kind, offset, address, address, size, size, 4, 1)
    return struct.pack(order + "2I6Q", kind, 4, offset, address, address, size, size, 1)


@pytest.fixture
def file(tmp_path):
    def make(content: bytes) -> str:
        path = tmp_path / "program"
        path.write_bytes(content)
        path.chmod(0o755)
        return str(path)

    return make


@pytest.mark.parametrize("form", FORMATS)
def test_libraries_are_found_in_files_of_each_form(file, form):
    bits, order = FORMATS[form]
    assert libraries(file(elf("libmpi.so.40", "libc.so.6", bits=bits, order=order))) == ["libmpi.so.40", "libc.so.6"]


def test_a_real_program_is_linked_with_the_c_library():
    assert any(name.startswith("libc.") for name in libraries("/bin/sh"))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x7fELF",
        b"#!/bin/sh\necho libmpi.so.40\n",
        b"\x7fELF\x03\x01" + bytes(80),
        b"\x7fELF\x02\x03" + bytes(80),
    ],
    ids=["empty", "short", "script", "of no class", "of no order"],
)
def test_what_is_no_elf_file_is_linked_with_nothing(file, content):
    assert libraries(file(content)) == []


def test_what_cannot_be_read_is_linked_with_nothing(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", tmp_path / "missing"):
        assert libraries(str(path)) == []


def test_a_truncated_file_never_names_what_is_not_there(file):
    whole = elf("libmpi.so.40")
    start = whole.index(b"libmpi")
    for size in range(len(whole)):
        assert "".join(libraries(file(whole[:size]))) in whole[start:size].decode()


@pytest.mark.parametrize("form", FORMATS)
def test_damage_is_no_failure(file, form):
    bits, order = FORMATS[form]
    whole, chance = elf("libmpi.so.40", "libc.so.6", bits=bits, order=order), random.Random(form)
    for _ in range(300):
        damaged = bytearray(whole)
        for _ in range(chance.randrange(1, 9)):
            damaged[chance.randrange(4, len(whole))] = chance.choice((0, 1, 0x7F, 0x80, 0xFF))
        assert isinstance(libraries(file(bytes(damaged))), list)


@pytest.mark.parametrize(
    ("names", "family"),
    [
        (["libmpi.so.40", "libc.so.6"], families.OPEN_MPI),
        (["libmpi.so.20"], families.OPEN_MPI),
        (["libmpi_usempif08.so.40", "libmpi_mpifh.so.40"], families.OPEN_MPI),
        (["libopen-rte.so.40"], families.OPEN_MPI),
        (["libopen-pal.so.80"], families.OPEN_MPI),
        (["libm.so.6", "libmpi.so.12"], families.MPICH),
        (["libmpifort.so.12", "libmpi.so.12"], families.MPICH),
        (["libmpich.so.12"], families.MPICH),
        (["libmpi_abi.so.1"], None),
        (["libmpi.so.12", "libopen-pal.so.80"], None),
        (["libmpi.so.400", "libmpi.so.120", "libc.so.6", ""], None),
        ([], None),
    ],
)
def test_a_family_is_known_by_its_libraries(names, family):
    found = families.of_libraries(names)
    assert (found and found[0]) is family


@pytest.fixture
def check(tmp_path, monkeypatch):
    """`check(version, *programs, ranks=)`: judge them for a runner of this version that passed its trial."""
    monkeypatch.setattr(runner, "_known", {})
    script = tmp_path / "run"
    monkeypatch.setattr(trial, "_passed", {(str(script), "False")})

    def make(version: str, *programs: str, ranks: int = 2) -> None:
        script.write_text(f"#!/bin/sh\necho '{version}'\n")
        script.chmod(0o755)
        body = Body("f", lambda: print, b"", (), {}, ())
        trial.check(runner.Runner(Launch({"runner": str(script)}, {}, {}, str(tmp_path), body)), ranks, programs)

    return make


@pytest.mark.parametrize(
    ("version", "library", "said"),
    [
        (
            "HYDRA",
            "libmpi.so.40",
            r"program is linked with Open MPI \(libmpi.so.40\), .*run \(.*, MPICH\) does not belong",
        ),
        (
            "(Open MPI)",
            "libmpi.so.12",
            r"is linked with MPICH .*, Open MPI\) .*build the program with the mpicc of Open",
        ),
    ],
    ids=["of Open MPI", "of MPICH"],
)
def test_a_program_of_another_family_is_refused_with_both_named(check, file, version, library, said):
    with pytest.raises(LaunchError, match=said):
        check(version, "/bin/sh", file(elf(library)))


@pytest.mark.parametrize(
    ("version", "library", "ranks"),
    [
        ("HYDRA", "libmpi.so.12", 2),
        ("HYDRA", "libmpi.so.40", 1),
        ("slurm", "libmpi.so.40", 2),
        ("?", "libmpi.so.12", 2),
    ],
    ids=["its own", "one rank", "srun", "unknown runner"],
)
def test_a_program_that_may_fit_is_not_refused(check, file, version, library, ranks):
    check(version, file(elf(library)), ranks=ranks)
