"""Write the tables of `docs/cli.md` and `docs/configuration.md` out of what the code says.

With `--check`: exit code 1 when they are out of date.
"""

from __future__ import annotations

import sys
from pathlib import Path

from pycompss.cli import job_options, settings, usage
from pycompss.cli.commands import help_text

DOCS = Path(__file__).resolve().parents[1] / "docs"
BEGIN, END = "<!-- begin: {} -->", "<!-- end: {} -->"
PARTS = {
    "cli.md": {"commands": lambda: f"```\n{help_text()}```\n", "options": usage.markdown},
    "clusters.md": {"options": lambda: usage.markdown(job_options.options())},
    "configuration.md": {"settings": settings.reference},
}


def present(file: str, text: str) -> str:
    """The text of a file with its generated parts as they should be."""
    for name, write in PARTS[file].items():
        begin, end = BEGIN.format(name), END.format(name)
        before, _, rest = text.partition(begin)
        text = f"{before}{begin}\n{write()}{end}{rest.partition(end)[2]}"
    return text


def main(words: list[str]) -> int:
    stale = [file for file in PARTS if present(file, (DOCS / file).read_text()) != (DOCS / file).read_text()]
    if "--check" in words:
        print("\n".join(f"docs/{file} is out of date: run python scripts/write_reference.py" for file in stale))
        return 1 if stale else 0
    for file in stale:
        (DOCS / file).write_text(present(file, (DOCS / file).read_text()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
