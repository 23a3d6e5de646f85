"""The kernel "PyCOMPSs": one of IPython that starts the runtime by itself. `jupyter/kernels` names it to Jupyter."""

from __future__ import annotations

LINES = ["import pycompss.interactive as ipycompss", "ipycompss.start(graph=True, monitor=1000)"]


def main() -> None:
    """Be the kernel; the arguments are Jupyter's."""
    from ipykernel.kernelapp import IPKernelApp  # noqa: PLC0415  (optional)

    IPKernelApp.launch_instance(exec_lines=LINES)


if __name__ == "__main__":
    main()
