"""`@http`: the task is a request to a web service."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import ClassVar
from urllib.parse import urlsplit

from pycompss.api.kind import KindOfTask, optional_text, text
from pycompss.core import payloads, replies
from pycompss.core.parameter import Direction, Kind
from pycompss.core.task import Definition, Returns
from pycompss.errors import PyCOMPSsException
from pycompss.runtime import returns
from pycompss.runtime.kinds import complaint
from pycompss.runtime.places import shown

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")

_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+(\s*;[ -~]*)?")
_QUOTED_MARKER = re.compile(r'"(\{\{\s*\w+\s*\}\})"')
_KEPT = frozenset({Kind.OBJECT, Kind.COLLECTION, Kind.DICTIONARY})


def service(value: object) -> str:
    """The name of a service, or a base URL."""
    name = text(value).strip()
    if "://" in name and (urlsplit(name).scheme not in ("http", "https") or not urlsplit(name).hostname):
        raise PyCOMPSsException("it is the name of a service, or an address such as http://host:port")
    if not name:
        raise PyCOMPSsException("it is the name of a service")
    return name


def method(value: object) -> str:
    name = text(value).strip().upper()
    if name not in METHODS:
        raise PyCOMPSsException(f"it is one of {', '.join(METHODS)}")
    return name


def media_type(value: object) -> str:
    if _MEDIA_TYPE.fullmatch(text(value)) is None:
        raise PyCOMPSsException("it is a media type such as application/json")
    return text(value)


def form(value: object) -> str | None:
    """A text, or what a text of JSON would say, as files of `@software` may have it."""
    if not isinstance(value, (Mapping, list)):
        return optional_text(value)
    return _QUOTED_MARKER.sub(r"\1", json.dumps(value, ensure_ascii=False))  # a marker that is all of a text is a value


class HTTP(KindOfTask):
    """The decorator; stands above `@task`, whose function only has a signature.

    service_name: of the project's and resources' files, or a base URL. resource: the rest of the address. request: the
    method. payload: what is sent, of the type payload_type. produces: the form of the reply, with `{{return_0}}`…
    where returns are; updates: `{{p}}.key = {{value}}` for INOUT parameters. It waits for the network, so it takes an
    I/O executor and no computing units.

    Raises:
        PyCOMPSsException: an argument is missing or has no meaning for this task.
    """

    name = "http"
    mandatory: ClassVar = {"service_name": service, "resource": text, "request": method}
    optional: ClassVar = {"payload": form, "payload_type": media_type, "produces": form, "updates": optional_text}
    defaults: ClassVar = {"payload_type": "application/json"}

    def note(self, definition: Definition) -> None:
        super().note(definition)
        self._check_payload(definition)
        produced = self._produced(definition)
        self._check_updates(definition, produced)
        definition.is_io = True
        definition.requirements = None

    def _check_payload(self, definition: Definition) -> None:
        given = self.options.get("payload")
        if given is None or not payloads.is_json(self.options["payload_type"]):
            return
        try:
            payloads.check_template(given)
        except ValueError as error:
            reason = f"it is no JSON, whatever its parameters are ({error}); payload_type says what else it may be"
            raise self._complaint(definition, "payload", reason) from None

    def _produced(self, definition: Definition) -> Mapping[str, replies.Path]:
        """The markers of `produces`, which say how many values the task returns if nothing else does."""
        given = self.options.get("produces")
        if not given:
            return {}
        try:
            produced = replies.parse_produces(given)
        except ValueError as error:
            raise self._complaint(definition, "produces", str(error)) from None
        count = replies.number_of_returns(produced)
        if definition.returns is Returns.INFERRED and definition.return_count is None:
            returns.declare(definition, count)
        elif definition.returns is Returns.FIXED and definition.return_count != count:
            reason = f"it marks {count} returns, but the task declares {definition.return_count}"
            raise self._complaint(definition, "produces", reason)
        return produced

    def _check_updates(self, definition: Definition, produced: Mapping[str, replies.Path]) -> None:
        given = self.options.get("updates")
        try:
            updates = replies.parse_updates(given) if given else ()
        except ValueError as error:
            raise self._complaint(definition, "updates", str(error)) from None
        known = {*definition.parameters, *definition.keyword_only}
        for update in updates:
            if not _is_changed(definition, update.target):
                raise self._complaint(
                    definition, "updates", f"{shown(update.target)} is no INOUT parameter of the task"
                )
            if update.source not in produced and update.source not in known:
                reason = f"{{{{{update.source}}}}} is neither marked in produces nor a parameter of the task"
                raise self._complaint(definition, "updates", reason)

    def _complaint(self, definition: Definition, argument: str, reason: str) -> PyCOMPSsException:
        return complaint(definition, self.name, f"{argument}={shown(self.options[argument])}", reason)


def _is_changed(definition: Definition, name: str) -> bool:
    """Whether the task may change this parameter, and the change is seen."""
    spec = definition.specs.get(name)
    return spec is not None and spec.kind in _KEPT and spec.direction is not Direction.IN and spec.direction.writes


http = HTTP

__all__ = ["HTTP", "http"]
