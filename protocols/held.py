"""What a body names that a vendor keeps for whoever holds its credential: files, containers.

Laws: what is told along is nobody else's, its id reads nothing; of a name that stands twice nobody
knows which one is read, so it is refused.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
from msgspec import Raw

from protocols.errors import DecodeError
from protocols.lenient import UNREADABLE

NAMES: Final = frozenset({"cachedContent", "cached_content", "container_id", "file_id", "skill_id"})
LISTS: Final = frozenset(
    {"fileSearchStoreNames", "file_ids", "file_search_store_names", "vector_store_ids"}
)
# With an id of their own: containers, voices, and what the assistant said.
OBJECTS: Final = frozenset({"audio", "container", "voice"})
CONTAINER: Final = "container"
# Of which Google keeps only its own.
LINKS: Final = frozenset({"fileUri", "file_uri"})
OF_GOOGLE: Final = ("https://generativelanguage.googleapis.com/", "files/")
# What was found and said, and what tools are told and tell: nothing is read by it.
TOLD: Final = frozenset(
    {
        "annotations", "args", "arguments", "citations", "input", "input_schema", "parameters",
        "response", "results",
    }
)  # fmt: skip
# Of a history, and what every account has.
HARMLESS: Final = frozenset({"anthropic", "bash_code_execution_output", "code_execution_output"})
# Without any of these in it, a body that escapes no letters names nothing.
MARKS: Final = re.compile(
    rb'"(?:audio|cached(?:C|_c)ontent|container(?:_id)?|file_ids?|file(?:U|_u)ri|skill_id|voice'
    rb'|file(?:SearchStoreN|_search_store_n)ames|vector_store_ids)"'
)
STRINGS: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
MOST_NAMES: Final = 2_048
MOST_CHARS: Final = 256
ENCODER: Final = msgspec.json.Encoder()
VALUES: "msgspec.json.Decoder[Any]" = msgspec.json.Decoder()

Held = tuple[str, str]  # where it stands, and the id


def judged(top: Mapping[str, Raw], *fields: str) -> dict[str, Any]:
    """The fields, read; raises DecodeError where one of them says a key twice."""
    return {field: _once(top[field], field) for field in fields if field in top}


def held_in(said: Mapping[str, Any]) -> tuple[Held, ...]:
    """Raises DecodeError for what can be no name."""
    found: list[Held] = []
    left: list[tuple[Any, str]] = []
    for name, value in said.items():
        found += _of_field(name, value, name)
        left.append((value, name))
    while left:
        value, path = left.pop()
        if isinstance(value, list):
            left += [(each, f"{path}[{at}]") for at, each in enumerate(value)]
        elif isinstance(value, dict) and not _is_harmless(value):
            for name, each in value.items():
                if name not in TOLD:
                    found += _of_field(name, each, f"{path}.{name}")
                    left.append((each, f"{path}.{name}"))
    return checked(found)


def checked(found: list[Held]) -> tuple[Held, ...]:
    if len(found) > MOST_NAMES:
        raise DecodeError(found[MOST_NAMES][0], f"is more than the {MOST_NAMES:,} ids allowed")
    for path, id_ in found:
        if len(id_) > MOST_CHARS:
            raise DecodeError(path, f"is no name; expected at most {MOST_CHARS} characters")
    return tuple(found)


def _is_harmless(value: dict[str, Any]) -> bool:
    kind = value.get("type")
    return isinstance(kind, str) and kind in HARMLESS


def _of_field(name: str, value: Any, path: str) -> Iterator[Held]:
    if isinstance(value, str):
        is_link = name in LINKS and value.startswith(OF_GOOGLE)
        if is_link or name in NAMES or name == CONTAINER:
            yield path, value
    elif name in LISTS and isinstance(value, list):
        yield from ((f"{path}[{at}]", id_) for at, id_ in enumerate(value) if isinstance(id_, str))
    elif name in OBJECTS and isinstance(value, dict) and isinstance(value.get("id"), str):
        yield f"{path}.id", value["id"]


def _once(raw: Raw, field: str) -> Any:
    """What reads as it is written says nothing twice; anything else is counted."""
    text = bytes(raw)
    try:
        read = VALUES.decode(text)
        if ENCODER.encode(read) == text:
            return read
    except UNREADABLE:
        raise DecodeError(field, "cannot be read") from None
    if STRINGS.sub(b"", text).count(b":") != _pairs(read):
        raise DecodeError(field, "says a key twice in one object")
    return read


def _pairs(value: Any) -> int:
    count, left = 0, [value]
    while left:
        value = left.pop()
        if isinstance(value, dict):
            count += len(value)
            left += value.values()
        elif isinstance(value, list):
            left += value
    return count
