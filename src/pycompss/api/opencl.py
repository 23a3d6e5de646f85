"""`@opencl`: the task is an OpenCL kernel."""

from __future__ import annotations

from typing import ClassVar

from pycompss.api.kind import CHECKED, FOLDER, LEGACY, KindOfTask, optional_text, text


class OpenCL(KindOfTask):
    """The decorator; stands above `@task`, whose function only has a signature.

    kernel: the program that runs the kernel. For the others see `@binary`.
    """

    name = "opencl"
    mandatory: ClassVar = {"kernel": text}
    optional: ClassVar = {"args": optional_text, **FOLDER, **CHECKED}
    legacy = LEGACY


opencl = OpenCL

__all__ = ["OpenCL", "opencl"]
