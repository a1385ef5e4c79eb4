"""A stream as one JSON array."""

import msgspec
import pytest

from protocols.errors import FrameTooLarge
from protocols.framing.json_array import ArrayWriter

EVENTS = b'data: {"a":1}\n\n: a comment\n\ndata: {"a":\r\ndata: 2}\r\n\r\n'


@pytest.mark.parametrize("width", [1, 2, 7, len(EVENTS)])
def test_where_events_are_cut_changes_nothing(width: int) -> None:
    writer = ArrayWriter(cap=100)
    told = b"".join(writer.feed(EVENTS[at : at + width]) for at in range(0, len(EVENTS), width))

    assert msgspec.json.decode(told + writer.close()) == [{"a": 1}, {"a": 2}]


def test_elements_come_one_by_one() -> None:
    writer = ArrayWriter(cap=100)

    assert writer.feed(b"data: 1\n\n") == b"[1"
    assert writer.feed(b"data: 2\n\n") == b",\n2"
    assert writer.close() == b"]"


def test_what_came_without_an_empty_line_is_an_element_too() -> None:
    writer = ArrayWriter(cap=100)

    assert writer.feed(b"data: 1") == b""
    assert writer.close() == b"[1]"


def test_of_nothing_comes_an_empty_array() -> None:
    assert ArrayWriter(cap=100).close() == b"[]"


def test_no_more_is_held_than_an_event_may_be_long() -> None:
    with pytest.raises(FrameTooLarge):
        ArrayWriter(cap=10).feed(b"data: 1234567890")
