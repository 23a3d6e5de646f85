"""`@on_failure(management="IGNORE", returns=0)`: what happens when the task fails; wins over `@task(on_failure=…)`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from pycompss.api.definition import policy_of, unknown_defaults
from pycompss.api.task import definition_of
from pycompss.errors import PyCOMPSsException
from pycompss.runtime.places import caller_place, function_place, no_task, readable
from pycompss.util import stderr

F = TypeVar("F", bound=Callable[..., Any])


class OnFailure:
    """The decorator; what is given besides `management` are values for returns and parameters, used on IGNORE.

    Raises:
        PyCOMPSsException: `management` is missing or unknown, or what is decorated is no task.
    """

    __slots__ = ("defaults", "policy")

    def __init__(self, /, *ignored: object, **given: Any) -> None:
        if "management" not in given:
            place = readable(*caller_place())
            raise PyCOMPSsException(f"The argument management is mandatory in the @on_failure decorator. ({place})")
        management = given.pop("management")
        try:
            self.policy = policy_of(management)
        except PyCOMPSsException as error:
            raise PyCOMPSsException(f"{error.message} in @on_failure ({readable(*caller_place())})") from None
        self.defaults = given

    def __call__(self, function: F) -> F:
        definition = definition_of(function)
        if definition is None:
            raise no_task("on_failure", function)
        definition.policy = self.policy
        definition.failure_defaults.update(self.defaults)
        for name in unknown_defaults(definition, self.defaults):
            place = function_place(function)
            stderr.write(
                f"WARNING: Unexpected argument: {name} Found in @on_failure decorator.\n         {place} ignores it.\n"
            )
        return function


on_failure = OnFailure
onFailure = OnFailure  # noqa: N816  (name given by the programming model)

__all__ = ["OnFailure", "onFailure", "on_failure"]
