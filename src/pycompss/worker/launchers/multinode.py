"""`@multinode`: the task, once, with nodes of its own; what it finds in its environment besides."""

from __future__ import annotations

import os


def environment() -> dict[str, str]:
    """`COMPSS_NUM_NODES` and the like, and the same in Slurm's words."""
    nodes = os.environ.get("COMPSS_HOSTNAMES", "localhost")
    count = os.environ.get("COMPSS_NUM_NODES", "1")
    threads = os.environ.get("COMPSS_NUM_THREADS", "1")
    return {
        "COMPSS_NUM_NODES": count,
        "COMPSS_HOSTNAMES": nodes,
        "COMPSS_NUM_THREADS": threads,
        "SLURM_NNODES": count,
        "SLURM_JOB_NUM_NODES": count,
        "SLURM_NODELIST": nodes,
        "SLURM_JOB_NODELIST": nodes,
        "SLURM_NTASKS": str(int(count) * int(threads)),
        "SLURM_TASKS_PER_NODE": threads if count == "1" else f"{threads}(x{count})",
        "SLURM_CPUS_ON_NODE": threads,
    }
