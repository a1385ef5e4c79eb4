"""Betas that a target lacks: they go, and what only they bring to a body goes with them.

Laws: a field that a beta which stays brings too is left alone; the arguments and schemas of tools
are the client's own and are never looked into; what is untouched stays the bytes that came.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from msgspec import Raw

from protocols.codec import Loss, Target

BETAS: Final = "anthropic-beta"
DATE: Final = re.compile(r"-\d{4}-\d\d-\d\d$")
# Cache points may be set on any block, and are one field wherever they stand.
ANYWHERE: Final = "cache_control"
VALUES: Final = frozenset({"input", "input_schema", "format", "metadata"})
# Losses that every dialect reports alike.
CODES: Final[Mapping[str, str]] = {
    "cache_control.scope": "cache",
    "cache_control.ttl": "cache",
    "output_config.effort": "effort",
    "output_format": "schema",
}
OBJECT: Final = msgspec.json.Decoder(dict[str, Raw])
LIST: Final = msgspec.json.Decoder(list[Raw])
EMPTY: Final = b"{}"
OBJECT_BEGINS: Final = b"{"
LIST_BEGINS: Final = b"["


def judged(said: str, target: Target) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Of the header's betas those that the target has, and those that it lacks."""
    asked = tuple(dict.fromkeys(beta for beta in map(str.strip, said.split(",")) if beta))
    known = target.betas
    if known is None:
        return asked, ()
    return tuple(b for b in asked if b in known), tuple(b for b in asked if b not in known)


def cleared(
    body: bytes, target: Target, *, kept: Sequence[str], dropped: Sequence[str]
) -> tuple[bytes, tuple[Loss, ...]]:
    """The body without what belongs to the dropped betas, and all that is lost so."""
    spared = {field for beta in kept for field in _fields(beta, target)}
    losses: list[Loss] = []
    for beta in dropped:
        why = f"the target lacks {beta}"
        losses.append(Loss(code=f"other:{beta}", path=BETAS, why=why))
        for field in _fields(beta, target):
            less = body if field in spared else _without(body, field)
            if less is not body:
                code = CODES.get(field, f"other:{field.partition('.')[0]}")
                losses.append(Loss(code=code, path=field, why=why))
                body = less
    return body, tuple(losses)


def _fields(beta: str, target: Target) -> tuple[str, ...]:
    return target.beta_fields.get(DATE.sub("", beta), ())


def _without(body: bytes, field: str) -> bytes:
    """The same object where it is not there."""
    names = field.split(".")
    return _all_cut(body, names) if names[0] == ANYWHERE else _cut(body, names)


def _cut(said: bytes, names: Sequence[str]) -> bytes:
    if said.startswith(LIST_BEGINS):
        items = list(map(bytes, LIST.decode(said)))
        return _list_of(said, items, [_cut(item, names) for item in items])
    if not said.startswith(OBJECT_BEGINS):
        return said
    top, (name, *rest) = OBJECT.decode(said), names
    value = bytes(top.get(name, b""))
    less = _cut(value, rest) if rest else b""
    if name not in top or less is value:
        return said
    if less in {b"", EMPTY}:
        del top[name]
    else:
        top[name] = Raw(less)
    return msgspec.json.encode(top)


def _all_cut(said: bytes, names: Sequence[str]) -> bytes:
    if names[-1].encode() not in said:
        return said
    if said.startswith(LIST_BEGINS):
        items = list(map(bytes, LIST.decode(said)))
        return _list_of(said, items, [_all_cut(item, names) for item in items])
    if not said.startswith(OBJECT_BEGINS):
        return said
    top, is_cut = OBJECT.decode(said), False
    for name, raw in top.items():
        value = bytes(raw)
        if name in VALUES:
            continue
        less = _cut(value, names[1:]) if name == ANYWHERE else _all_cut(value, names)
        if less is not value:
            top[name], is_cut = Raw(less), True
    return msgspec.json.encode(top) if is_cut else said


def _list_of(said: bytes, items: Sequence[bytes], cut: Sequence[bytes]) -> bytes:
    if all(less is item for item, less in zip(items, cut, strict=True)):
        return said
    return msgspec.json.encode(list(map(Raw, cut)))
