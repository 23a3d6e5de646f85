"""`@http`: a request to a web service, and what of its reply the task returns and changes."""

from __future__ import annotations

import json
from typing import Any, Final

from pycompss.core import replies
from pycompss.errors import ServiceError
from pycompss.worker.launchers import filling
from pycompss.worker.launchers.launch import Launch
from pycompss.worker.web.exchange import Reply, Request, ask

FIRST_LINES: Final = 10  # of what a service answers, shown when it refuses
_SHOWN: Final = 2000  # characters of them
_ERROR: Final = 400  # this status and above
_OK: Final = 300  # statuses below


def run(launch: Launch) -> Any:
    """The values that `produces` names, one alone or as a tuple; without it, the whole reply."""
    reply = ask(_request(launch))
    if reply.status >= _OK:
        raise _refusal(reply)
    options = launch.options
    form = options.get("produces")
    produced = replies.parse_produces(form) if form else {}
    content = _json(reply) if produced else None
    found = {name: _taken(reply, content, name, path) for name, path in produced.items()}
    _update(launch, found)
    if not form:
        return _whole(reply)
    returned = [found[f"return_{index}"] for index in range(replies.number_of_returns(produced))]
    return returned[0] if len(returned) == 1 else tuple(returned) or None


def _request(launch: Launch) -> Request:
    options, values = launch.options, launch.values
    resource = filling.address(options["resource"], values)
    base = options["address"].rstrip("/")
    url = f"{base}/{resource.lstrip('/')}" if resource and resource[0] not in "?#" else base + resource
    template = options.get("payload")
    if template is None:
        return Request(options["request"], url)
    kind = options["payload_type"]
    return Request(options["request"], url, filling.payload(template, kind, values), kind)


# -- the reply


def _whole(reply: Reply) -> Any:
    """JSON as a value, a text as such, anything else as bytes; None if there is nothing."""
    if not reply.content:
        return None
    kind = reply.headers.get_content_type()
    if kind == "application/json" or kind.endswith("+json"):
        return _json(reply)
    if kind.startswith("text/"):
        return _text(reply)
    try:
        return _decoded(reply, "strict")
    except UnicodeDecodeError:
        return reply.content


def _json(reply: Reply) -> Any:
    try:
        return _loaded(reply)
    except (ValueError, RecursionError) as error:
        kind = reply.headers.get("Content-Type", "of no type")
        raise ServiceError(f"{reply.request}: the reply ({kind}) is no JSON: {error}{_beginning(reply)}") from None


def _loaded(reply: Reply) -> Any:
    try:
        return json.loads(reply.content)
    except UnicodeDecodeError:  # not one of the encodings of JSON; the reply may say which it is
        return json.loads(_decoded(reply, "strict"))


def _text(reply: Reply) -> str:
    return _decoded(reply, "replace")


def _decoded(reply: Reply, errors: str) -> str:
    charset = reply.headers.get_content_charset("utf-8")
    try:
        return reply.content.decode(charset, errors)
    except LookupError:  # a charset that nobody knows
        return reply.content.decode(errors=errors)


def _taken(reply: Reply, content: Any, name: str, path: replies.Path) -> Any:
    try:
        return replies.value_at(content, path)
    except LookupError as error:
        raise ServiceError(
            f"{reply.request}: produces={{{{{name}}}}} is {replies.shown(path)}, but {error.args[0]}{_beginning(reply)}"
        ) from None


def _update(launch: Launch, found: dict[str, Any]) -> None:
    text = launch.options.get("updates")
    for update in replies.parse_updates(text) if text else ():
        value = found[update.source] if update.source in found else launch.values[update.source]
        try:
            replies.put(launch.values[update.target], update.path, value)
        except LookupError as error:
            raise ServiceError(f"updates={text!r}, {{{{{update.target}}}}}: {error.args[0]}") from None


def _refusal(reply: Reply) -> ServiceError:
    what = f"{reply.status} {reply.reason}".rstrip()
    hint = "" if reply.status >= _ERROR else ", which is no reply that can be used"
    error = ServiceError(f"{reply.request}: the service answered {what}{hint}{_beginning(reply)}")
    error.status = reply.status
    return error


def _beginning(reply: Reply) -> str:
    lines = _text(reply)[:_SHOWN].splitlines()[:FIRST_LINES]
    return "\n  the beginning of its answer:\n" + "\n".join(f"    {line}" for line in lines) if lines else ""
