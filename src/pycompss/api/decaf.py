"""`@decaf`: the task is a Decaf data flow."""

from __future__ import annotations

from typing import ClassVar

from pycompss.api.kind import CHECKED, FOLDER, LEGACY, NODES, KindOfTask, optional_text, text


class Decaf(KindOfTask):
    """The decorator; stands above `@task`, whose function only has a signature.

    df_script: Python script that writes the data flow. df_executor: what it writes, which runs the data flow. df_lib:
    a library of it. runner: how MPI programs are started. For the others see `@binary`.
    """

    name = "decaf"
    mandatory: ClassVar = {"df_script": text}
    optional: ClassVar = {
        "df_executor": optional_text,
        "df_lib": optional_text,
        "runner": text,
        "args": optional_text,
        **FOLDER,
        **CHECKED,
        **NODES,
    }
    defaults: ClassVar = {"runner": "mpirun"}
    legacy: ClassVar = {**LEGACY, "dfScript": "df_script", "dfExecutor": "df_executor", "dfLib": "df_lib"}


decaf = Decaf

__all__ = ["Decaf", "decaf"]
