"""The bytes of a stream, cut into what they say."""

import re
from typing import Any, Final, NamedTuple

import msgspec
from botocore.eventstream import EventStreamBuffer, EventStreamMessage

COMMENT: Final = b": keepalive"
PING: Final = b'event: ping\ndata: {"type": "ping"}'
NAMED: Final = re.compile(rb"event: ([\w.]+)\ndata: ([^\r\n]+)")
NAMELESS: Final = re.compile(rb"data: ([^\r\n]+)")
DONE: Final = "[DONE]"
LONGEST: Final = 60


class Unreadable(Exception):
    """The bytes are no stream of this dialect."""


class Heard(NamedTuple):
    """One frame: its name, where it has one, and what it says."""

    name: str
    said: Any
    is_alive: bool = False  # and that is all it says


ALIVE: Final = Heard("", None, is_alive=True)


def read_events(body: bytes, *, named: bool) -> list[Heard]:
    """Of server-sent events in the one spelling that is promised."""
    *frames, rest = body.split(b"\n\n")
    if rest:
        raise Unreadable(f"ends within an event: {rest[:LONGEST]!r}")
    return [_event(frame, named=named) for frame in frames]


def _event(frame: bytes, *, named: bool) -> Heard:
    if frame == (COMMENT if frame.startswith(b":") else PING):
        return ALIVE
    found = (NAMED if named else NAMELESS).fullmatch(frame)
    if found is None:
        raise Unreadable(f"is no event: {frame[:LONGEST]!r}")
    data = found[found.lastindex or 0]
    if not named and data == DONE.encode():
        return Heard(DONE, None)
    said = _object(data)
    name = str(said.get("type")) if named else ""
    if named and name != found[1].decode():
        raise Unreadable(f"is named {found[1]!r} and says it is {name!r}")
    return Heard(name, said)


def read_chunks(body: bytes) -> list[Heard]:
    """Events, or an array; its sign of life is a blank, which an array may hold anywhere."""
    if body.lstrip().startswith(b"["):
        try:
            chunks = msgspec.json.decode(body, type=list[dict[str, Any]])
        except msgspec.DecodeError as error:
            raise Unreadable(f"is no array: {error}") from None
        return [Heard("", chunk) for chunk in chunks]
    found: list[Heard] = []
    while body:
        if body.startswith(b"\n"):
            found.append(ALIVE)
            body = body[1:]
            continue
        frame, end, body = body.partition(b"\n\n")
        read = NAMELESS.fullmatch(frame)
        if read is None or not end:
            raise Unreadable(f"is no event: {frame[:LONGEST]!r}")
        found.append(Heard("", _object(read[1])))
    return found


def read_messages(body: bytes) -> list[Heard]:
    return [_message(message) for message in messages_of(body)]


def messages_of(body: bytes) -> list[EventStreamMessage]:
    """As the SDK of AWS reads them, with every checksum."""
    buffer = EventStreamBuffer()
    buffer.add_data(body)
    try:
        messages = list(buffer)
    except Exception as error:  # noqa: BLE001 - its own errors have no common base
        raise Unreadable(f"is no message: {error!r}") from None
    if sum(message.prelude.total_length for message in messages) != len(body):
        raise Unreadable("ends within a message")
    return messages


def _message(message: EventStreamMessage) -> Heard:
    headers, said = message.headers, _object(message.payload)
    kind = headers[":message-type"]
    name = headers[f":{kind}-type"]
    if (kind, name, said) == ("event", "ping", {}):
        return ALIVE
    return Heard(f"{kind} {name}", said)


def _object(data: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(data, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise Unreadable(f"says no object: {error}") from None
