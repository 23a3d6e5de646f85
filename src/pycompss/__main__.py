"""`python -m pycompss [run|enqueue|…] …`: the `pycompss` command with this interpreter."""

from __future__ import annotations

import sys

from pycompss.cli.main import main_of_module

if __name__ == "__main__":
    sys.exit(main_of_module(sys.argv[1:]))
