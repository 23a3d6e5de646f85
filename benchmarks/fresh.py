"""Fresh processes: how long a program takes that runs one task (W9), and how long an import takes (W10).

python benchmarks/fresh.py ENGINE        runs one task and ends; W9 is the time of that, seen from outside
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

import scalars

REPEATED = 7
IMPORTS = {
    "pool": "from concurrent.futures import ProcessPoolExecutor",
    "loky": "import loky",
    "dask": "import distributed",
    "ray": "import ray",
    "parsl": "import parsl; from parsl.executors import HighThroughputExecutor",
    "pycompss": "from pycompss.api.task import task; from pycompss.api.parameter import *; "
    "from pycompss.api.api import compss_wait_on, compss_barrier",
}
_TIMED = "import time; t = time.perf_counter(); {}; print(time.perf_counter() - t)"


def one_task(engine: str, workers: int, scale: float) -> dict[str, float]:
    """Milliseconds (median) of a process that starts, runs one task and ends."""
    del scale
    measured = []
    for _ in range(REPEATED):
        start = time.perf_counter()
        subprocess.run([sys.executable, __file__, engine, str(workers)], check=True, stdin=subprocess.DEVNULL)
        measured.append(time.perf_counter() - start)
    return {"W9": statistics.median(measured) * 1e3}


def imports(engine: str, workers: int, scale: float) -> dict[str, float]:
    """Milliseconds (median) of the imports of a program, in a fresh interpreter."""
    del workers, scale
    command = [sys.executable, "-c", _TIMED.format(IMPORTS[engine])]
    measured = [
        float(subprocess.run(command, check=True, capture_output=True, text=True).stdout) for _ in range(REPEATED)
    ]
    return {"W10": statistics.median(measured) * 1e3}


def main(engine: str, workers: int) -> int:
    """The program that W9 measures, written as a user of each engine would."""
    if engine == "pycompss":
        import os  # noqa: PLC0415

        os.environ["PYCOMPSS_WORKERS"] = str(workers)
        from pycompss.api.api import compss_wait_on  # noqa: PLC0415
        from pycompss.api.task import task  # noqa: PLC0415

        answer: int = compss_wait_on(task(returns=1)(scalars.increment)(1))
    else:
        if engine == "loky":
            from loky import ProcessPoolExecutor  # noqa: PLC0415
        else:
            from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415
        with ProcessPoolExecutor(workers) as executor:
            answer = executor.submit(scalars.increment, 1).result()
    return 0 if answer == 2 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
