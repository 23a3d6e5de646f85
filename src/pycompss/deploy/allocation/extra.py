"""More nodes for a job of Slurm: each is a job of its own, which runs an agent and ends with it.

`srun` outside of any job makes one; so the variables of ours are taken away first. It ends when this process does.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterator, Mapping

from pycompss.errors import ConfigurationError

_CHOSEN = {"SLURM_JOB_PARTITION": "partition", "SLURM_JOB_ACCOUNT": "account", "SLURM_JOB_QOS": "qos"}
_NUMBER = re.compile(r"\d+", re.ASCII)
_OUTSIDE = """\
import ctypes, os, sys
ctypes.CDLL(None).prctl(1, 15, 0, 0, 0)
for name in list(os.environ):
    if name.startswith(("SLURM_", "SBATCH_", "SRUN_")) and name != "SLURM_CONF":
        del os.environ[name]
os.execvp(sys.argv[1], sys.argv[1:])
"""


def start(environ: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """The words before a command that is to run on one more node like those of this job."""
    options = ["--nodes=1", "--ntasks=1", "--exclusive", "--mpi=none", "--quiet", "--unbuffered"]
    options += [f"--{option}={environ[name]}" for name, option in _CHOSEN.items() if environ.get(name)]
    options += _size(environ)
    options += [f"--job-name={environ.get('SLURM_JOB_NAME') or 'COMPSs'}"]
    if environ.get("SLURM_JOB_END_TIME", "").isdecimal():
        seconds = int(environ["SLURM_JOB_END_TIME"]) - int(time.time())
        options += [f"--time={max(1, seconds // 60)}"]
    return (sys.executable, "-c", _OUTSIDE, "srun", *options)


def _size(environ: Mapping[str, str]) -> Iterator[str]:
    """As much of the node as we have of ours; the one task of `srun` gets one core and no GPU if it is not said."""
    cores = _NUMBER.match(environ.get("SLURM_JOB_CPUS_PER_NODE", ""))  # 48(x2),24: the first is ours
    if cores:
        yield f"--cpus-per-task={cores[0]}"
    if environ.get("SLURM_MEM_PER_NODE", "").isdecimal():
        yield f"--mem={environ['SLURM_MEM_PER_NODE']}"
    if environ.get("SLURM_GPUS_ON_NODE", "").isdecimal():
        yield f"--gres=gpu:{environ['SLURM_GPUS_ON_NODE']}"


def check(elasticity: int, origin: str, environ: Mapping[str, str] = os.environ) -> None:
    """Raise ConfigurationError where no node can be had."""
    if not environ.get("SLURM_JOB_ID"):
        raise ConfigurationError(
            f"elasticity = {elasticity} ({origin}): only jobs of Slurm get more nodes while they run\n"
            f"    asked: {elasticity} more nodes\n    found: this process is in no job of Slurm\n"
            f"    try:   pycompss job submit --elasticity={elasticity} --num_nodes=1 app.py"
        )
