"""What `make demo` runs: two programs in sequence and in parallel, a task graph, and where everything lies.

    python examples/run_demo.py --rounds 3

Both ways of running a program use one numpy thread a process, so that the speed-up is that of the tasks alone. Every
time is measured by the program itself around its tasks and is the median of some rounds that alternate between both.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
OUTPUT = HERE.parent / "demo"
PROGRAMS = {
    "kmeans.py": ["--copies", "60", "--clusters", "30", "--iterations", "40", "--fragments", "8"],
    "matmul.py": ["--size", "2560", "--blocks", "4"],
}
SMALL = {"kmeans.py": ["--iterations", "2", "--fragments", "4"], "matmul.py": ["--size", "64", "--blocks", "2"]}
LOOK = 0.5  # seconds
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def others() -> float:
    """How many cores other programs keep busy right now, while this one sleeps."""
    before = idle()
    time.sleep(LOOK)
    return max(0.0, (os.cpu_count() or 1) - (idle() - before) / LOOK)


def idle() -> float:
    """Seconds that the machine's cores have done nothing or waited for disks (proc(5), `/proc/stat`)."""
    with open("/proc/stat", encoding="ascii") as file:
        ticks = file.readline().split()
    return (int(ticks[4]) + int(ticks[5])) / os.sysconf("SC_CLK_TCK")


def run(command: list[str], **environment: str) -> str:
    """Standard output of a command; ends the demo with its errors when it fails."""
    done = subprocess.run(
        command,
        cwd=OUTPUT,
        env={**os.environ, **ONE_THREAD, "PYCOMPSS_LOG_DIR": str(OUTPUT), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if done.returncode:
        sys.exit(f"{' '.join(command)} ended with exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def seconds(program: str, engine: str) -> float:
    """How long the tasks of a program took, as it says itself."""
    output = run([sys.executable, str(HERE / program), *PROGRAMS[program]], PYCOMPSS_ENGINE=engine)
    found = re.search(r"computed in ([\d.]+) s", output)
    if found is None:
        sys.exit(f"{program} did not say how long it took:\n{output}")
    return float(found[1])


def compare(program: str, rounds: int) -> None:
    """Print one line of the table."""
    times: dict[str, list[float]] = {"inline": [], "local": []}
    for _ in range(rounds):
        for engine, measured in times.items():
            measured.append(seconds(program, engine))
    sequence, parallel = (statistics.median(measured) for measured in times.values())
    print(
        f"  {program:12s} {sequence:8.2f} s {parallel:9.2f} s {sequence / parallel:9.2f} x   right in all runs",
        flush=True,
    )


def draw(program: str) -> str:
    """Run a small case with `-g`; where its task graph lies, as SVG when graphviz is there."""
    before = set(OUTPUT.glob(f".COMPSs/{program}_*"))
    run([sys.executable, "-m", "pycompss", "run", "-g", str(HERE / program), *SMALL[program]])
    (folder,) = set(OUTPUT.glob(f".COMPSs/{program}_*")) - before
    graph = folder / "monitor" / "complete_graph.dot"
    if shutil.which("dot") is None:
        return f"{graph} (install graphviz to see it as a picture)"
    run([sys.executable, "-m", "pycompss", "gengraph", "svg", str(graph)])
    picture = OUTPUT / f"{Path(program).stem}.svg"
    shutil.copy(graph.with_suffix(".svg"), picture)
    return str(picture)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=3, help="runs of each program and engine")
    given = options.parse_args()
    OUTPUT.mkdir(exist_ok=True)
    busy = others()
    print(f"Two programs, first in sequence, then in parallel on {cores()} cores; numpy uses one thread in both.\n")
    print("  program      sequence    parallel    speed-up   result, compared with numpy")
    for program in PROGRAMS:
        compare(program, given.rounds)
    print(f"\nMedians of {given.rounds} runs.")
    if busy > cores() / 2:
        print(f"Other programs kept {busy:.1f} cores busy when it began: expect more speed-up on a quiet machine.")
    print("\nTask graphs of small cases:")
    for program in PROGRAMS:
        print(f"  {program:12s} {draw(program)}")
    print(f"\nThe programs : {HERE}   (ordinary Python with @task; try `python examples/kmeans.py`)")
    print(f"What runs left: {OUTPUT / '.COMPSs'}   (a folder each; remove {OUTPUT.name}/ when you like)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
