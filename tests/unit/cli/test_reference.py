"""The generated parts of the documentation are those that the code generates."""

from __future__ import annotations

import subprocess
import sys

from tests.support.launch import REPOSITORY


def test_the_reference_is_up_to_date() -> None:
    check = subprocess.run(
        [sys.executable, str(REPOSITORY / "scripts" / "write_reference.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (check.returncode, check.stdout.strip(), check.stderr) == (0, "", "")
