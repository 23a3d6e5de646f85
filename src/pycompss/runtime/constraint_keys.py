"""The keys of `@constraint`: how they may be written, and what their values are.

What can be known where the decorator stands is checked there; `constraints` does the rest at the first call.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping

from pycompss.runtime.places import shown


class Form(enum.Enum):
    """What a value is."""

    WHOLE = "a whole number"
    SIZE = "a number"
    TEXT = "a text"
    NAMES = "a text with commas, or a list of texts"
    PROCESSORS = "a list of dicts such as [{'processorType': 'GPU', 'computingUnits': 1}]"
    TRUTH = "True or False"


KEYS: dict[str, Form] = {
    "computing_units": Form.WHOLE,
    "processor_name": Form.TEXT,
    "processor_architecture": Form.TEXT,
    "processor_type": Form.TEXT,
    "processor_property_name": Form.TEXT,
    "processor_property_value": Form.TEXT,
    "processor_speed": Form.SIZE,
    "processor_internal_memory_size": Form.SIZE,
    "processors": Form.PROCESSORS,
    "memory_size": Form.SIZE,
    "memory_type": Form.TEXT,
    "storage_size": Form.SIZE,
    "storage_type": Form.TEXT,
    "storage_bw": Form.SIZE,
    "operating_system_type": Form.TEXT,
    "operating_system_distribution": Form.TEXT,
    "operating_system_version": Form.TEXT,
    "wall_clock_limit": Form.WHOLE,
    "app_software": Form.NAMES,
    "host_queues": Form.NAMES,
    "is_local": Form.TRUTH,
}
DYNAMIC = frozenset({"computing_units", "memory_size", "storage_size"})  # a text may name what the call knows

# The keys of one processor, in `processors=[{…}]`; "processor" may stand before each.
PROCESSOR_KEYS = {
    "type": "processor_type",
    "computing_units": "computing_units",
    "name": "processor_name",
    "speed": "processor_speed",
    "architecture": "processor_architecture",
    "property_name": "processor_property_name",
    "property_value": "processor_property_value",
    "internal_memory_size": "processor_internal_memory_size",
}
LARGEST = 10**15  # of what a number may be
MOST_PROCESSORS = 16  # in one constraint: each is matched with each of the node's


def plain(name: str) -> str:
    """A key without what does not matter in it: case and underscores."""
    return name.lower().replace("_", "")


_BY_PLAIN = {plain(key): key for key in KEYS}
_PROCESSOR_BY_PLAIN = {plain(prefix + key): key for key in PROCESSOR_KEYS for prefix in ("", "processor")}


def key_of(name: str) -> str:
    """The key that is meant; raises ValueError naming one that is near."""
    key = _BY_PLAIN.get(plain(name))
    if key is None:
        raise ValueError(_unknown(name, _BY_PLAIN))
    return key


def check(key: str, value: object) -> None:
    """Raise ValueError when no call could make sense of the value."""
    form = KEYS[key]
    if form is Form.PROCESSORS:
        processors(value)
    elif form is Form.TRUTH:
        if not isinstance(value, bool):
            raise ValueError(_must_be(form))
    elif isinstance(value, bool) or not isinstance(value, (int, float, str, list)):
        raise ValueError(f"{key} is a number, a text or a list, not {shown(value)}")
    elif form is Form.NAMES:
        names(value)
    else:
        _check_scalar(key, form, value)


def _check_scalar(key: str, form: Form, value: object) -> None:
    if isinstance(value, list):
        raise ValueError(_must_be(form))  # noqa: TRY004
    if form is Form.TEXT:
        if key == "processor_type" and "$" not in str(value):
            kind(str(value))
    elif isinstance(value, (int, float)):
        fitting(key, value)
    elif "$" not in str(value):
        _check_text_of_number(key, form, str(value))


def _check_text_of_number(key: str, form: Form, text: str) -> None:
    from pycompss.runtime import expressions  # noqa: PLC0415  (most constraints need none)

    number = expressions.number_in(text)
    if number is not None:
        fitting(key, number)
    elif key in DYNAMIC:
        expressions.parse(text)
    else:
        raise ValueError(_must_be(form))


def _must_be(form: Form) -> str:
    return f"it must be {form.value}"


def fitting(key: str, number: float) -> float:
    """The number, if it is one for this key; raises ValueError."""
    if not number >= 0:  # not a number, too
        raise ValueError(f"{shown(number)} is no size")
    if number > LARGEST:
        raise ValueError(f"it is larger than {LARGEST:.0e}")
    if KEYS[key] is not Form.WHOLE:
        return number
    if number != int(number):
        raise ValueError(f"{number} is not a whole number")
    return int(number)


def kind(text: str) -> str:
    """The type of a processor; raises ValueError."""
    from pycompss.core.equipment import KINDS  # noqa: PLC0415  (importing the api stays light)

    if text.upper() not in KINDS:
        raise ValueError(f"{shown(text)} is no type of processor; the types are {', '.join(KINDS)}")
    return text.upper()


def names(value: object) -> tuple[str, ...]:
    """The names in a text with commas, or in a list; raises ValueError."""
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, (list, tuple)) or not all(isinstance(part, str) for part in parts):
        raise ValueError(_must_be(Form.NAMES))
    return tuple(part.strip() for part in parts if part.strip())


def processors(value: object) -> list[dict[str, object]]:
    """The dicts of `processors=[…]` with their keys in full; raises ValueError."""
    if not isinstance(value, (list, tuple)):
        raise ValueError(_must_be(Form.PROCESSORS))  # noqa: TRY004
    if len(value) > MOST_PROCESSORS:
        raise ValueError(f"there are more than {MOST_PROCESSORS} processors")
    return [_processor(entry) for entry in value]


def _processor(entry: object) -> dict[str, object]:
    if not isinstance(entry, Mapping):
        raise ValueError(f"{shown(entry)} must be a dict such as {{'processorType': 'CPU'}}")  # noqa: TRY004
    found: dict[str, object] = {}
    for name, value in entry.items():
        short = _PROCESSOR_BY_PLAIN.get(plain(str(name)))
        if short is None:
            raise ValueError(_unknown(str(name), _PROCESSOR_BY_PLAIN, " of a processor"))
        key = PROCESSOR_KEYS[short]
        check(key, value)
        found[key] = value
    return found


def _unknown(name: str, keys: Mapping[str, str], of: str = "") -> str:
    import difflib  # noqa: PLC0415  (only for the message)

    found = difflib.get_close_matches(plain(name), keys, 1)
    hint = f"did you mean {keys[found[0]]!r}?" if found else f"the keys are {', '.join(dict.fromkeys(keys.values()))}"
    return f"unknown key {name!r}{of}; {hint}"
