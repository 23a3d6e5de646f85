"""`@decaf`: a Python script describes a data flow; what it writes, a shell script of its own name, runs it.

The runner of MPI programs and the library are told to both in `DECAF_RUNNER` and `DECAF_LIB`.
"""

from __future__ import annotations

import os
import sys

from pycompss.worker.launchers.launch import Launch


def run(launch: Launch) -> int:
    options = launch.options
    script = launch.path(options["df_script"])
    told = {"DECAF_RUNNER": options["runner"], "DECAF_LIB": options.get("df_lib") or ""}
    code = launch.execute([sys.executable, script, *launch.arguments()], told)
    if code:
        return code
    name = os.path.splitext(os.path.basename(script))[0]
    return launch.execute([options.get("df_executor") or os.path.join(os.curdir, f"{name}.sh")], told)
