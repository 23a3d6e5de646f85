"""A stand-in for container engines: writes down how it was called, and runs the command where it is.

Whatever the name it has, what follows `image:1` on its command line is the command. `image:missing` is an image that
cannot be found; `rm` is written down only.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

# What each says, and its exit code, when there is no such image.
MISSING = {
    "docker": (125, "Unable to find image 'image:missing' locally"),
    "podman": (125, 'Error: short-name "image:missing" did not resolve to an alias'),
    "singularity": (255, "FATAL:   could not open image image:missing: failed to retrieve path for image:missing"),
    "apptainer": (255, "FATAL:   could not open image image:missing: failed to retrieve path for image:missing"),
    "udocker": (1, "Error: image or container not available"),
}
SOURCE = """#!{python}
import json, os, sys
MISSING = {missing}
name, words = os.path.basename(sys.argv[0]), sys.argv[1:]
with open(os.path.join(os.path.dirname(os.path.dirname(sys.argv[0])), "calls"), "a") as file:
    file.write(json.dumps([name, *words]) + "\\n")
if "image:missing" in words:
    code, text = MISSING[name]
    print(text, file=sys.stderr)
    sys.exit(code)
if "rm" in words[:2]:
    sys.exit(0)
inner = words[words.index("image:1") + 1 :]
folder = next(word.split("=")[1] for word in words if word.startswith(("--workdir=", "--pwd=")))
os.chdir(folder)
os.execvp(inner[0], inner)
"""


def make(folder: Path, *names: str) -> None:
    """Engines of these names in `folder/bin`, which is to be on PATH."""
    (folder / "bin").mkdir(exist_ok=True)
    for name in names:
        path = folder / "bin" / name
        path.write_text(SOURCE.replace("{python}", sys.executable).replace("{missing}", repr(MISSING)))
        path.chmod(0o755)


def make_python(folder: Path) -> None:
    """A `python3` in `folder/bin`: this one, with its packages."""
    path = folder / "bin/python3"
    path.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    path.chmod(0o755)


def calls(folder: Path) -> list[Any]:
    """How they were called."""
    path = folder / "calls"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
