"""When two JSON values say the same: the order of keys, what is absent or says nothing, a string
for a list of one text, 1 and 1.0, snake case for camel case, arguments as text or as JSON do not
matter.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec

NOTHING: Final[tuple[Any, ...]] = (None, [], {}, "")
# What a field means that is not there.
DEFAULTS: Final = {"isError": False}
JSON_TEXTS: Final = {"arguments", "input"}
TEXT_KINDS: Final = {"text", "input_text", "output_text"}
SNAKE: Final = re.compile(r"_([a-z])")


def tree(value: object) -> Any:
    """Of an IR value, comparable: JSON within it is parsed."""
    return msgspec.json.decode(msgspec.json.encode(value))


def canonical(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        made = {_camel(name): canonical(each, name) for name, each in value.items()}
        return {name: each for name, each in made.items() if not _is_unsaid(name, each)}
    if isinstance(value, list):
        return _text_of([canonical(each) for each in value])
    if isinstance(value, str) and key in JSON_TEXTS:
        return canonical(_parsed(value))
    return value


def _is_unsaid(name: str, value: Any) -> bool:
    return value in NOTHING or (name in DEFAULTS and DEFAULTS[name] == value)


def _text_of(parts: list[Any]) -> Any:
    """A list of one text is that text."""
    match parts:
        case [{"type": kind, "text": str(text), **rest}] if kind in TEXT_KINDS and not rest:
            return text
        case _:
            return parts


def _camel(name: str) -> str:
    return SNAKE.sub(lambda found: found[1].upper(), name)


def _parsed(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text


def missing(before: Any, after: Any) -> list[str]:
    """Where `after` does not say what `before` does; it may say more."""
    return list(_unlike(before, after, "", added=False))


def differences(before: Any, after: Any) -> list[str]:
    return list(_unlike(before, after, "", added=True))


def _unlike(before: Any, after: Any, path: str, *, added: bool) -> Iterator[str]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted(before.keys() | after.keys()) if added else before:
            place = f"{path}.{name}" if path else name
            yield from _unlike(before.get(name), after.get(name), place, added=added)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from _unlike(one, other, f"{path}[{index}]", added=added)
    elif before != after:
        yield f"{path} is {_shown(after)} instead of {_shown(before)}"


def _shown(value: Any) -> str:
    return msgspec.json.encode(value).decode()[:90]
