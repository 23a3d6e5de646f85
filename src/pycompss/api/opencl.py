"""`@opencl`: the task is an OpenCL kernel."""

from __future__ import annotations

from pycompss.api.later import Inline, Later


class OpenCL(Later):
    """The task is an OpenCL kernel."""

    name = "opencl"
    inline = Inline.NOTHING


opencl = OpenCL

__all__ = ["OpenCL", "opencl"]
