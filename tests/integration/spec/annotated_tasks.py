"""Tasks whose number of results is told by their annotations, evaluated as Python does by default."""

from pycompss.api.task import task


@task()
def one() -> int:
    return 1


@task()
def nothing() -> None:
    return None


@task()
def pair() -> (int, str):  # type: ignore[syntax]
    return 1, "b"
