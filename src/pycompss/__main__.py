"""`python -m pycompss [run|enqueue|…] …`: the `pycompss` command with this interpreter."""

from __future__ import annotations

import sys

from pycompss.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
