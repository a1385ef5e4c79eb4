"""Which events of a vendor go on, and when."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.edge.egress.upstream import TooLarge
from gateway.edge.passages import passage as passages
from gateway.edge.passages.passage import EVENT_CAP_BYTES, MEDIA_EVENT_CAP_BYTES, Passage
from gateway.edge.questions.questions import event_cap
from protocols.errors import FrameTooLarge
from protocols.registry import NATIVE
from tests.gateway.edge.vendors import (
    CHAT_BODY,
    DONE,
    FINISH,
    ROLE,
    SHOWN,
    STREAM,
    USAGE,
    Client,
    chunk,
    exchange,
)

CHAT_NATIVE = NATIVE["openai.chat"]
WHOLE = b"".join(STREAM)
PING = b"event: ping\ndata: {}\n\n"


def cuts(data: bytes) -> st.SearchStrategy[list[bytes]]:
    positions = st.lists(st.integers(0, len(data)), max_size=12).map(sorted)
    return positions.map(
        lambda at: [data[a:b] for a, b in itertools.pairwise([0, *at, len(data)]) if a < b]
    )


def passed(*chunks: bytes) -> bytes:
    passage = Passage(CHAT_NATIVE, hide_usage=True)
    return b"".join(passage.feed(piece) for piece in chunks if not passage.over)


@given(cuts(WHOLE))
def test_where_a_stream_is_cut_changes_nothing(pieces: list[bytes]) -> None:
    assert passed(*pieces) == SHOWN


@given(cuts(WHOLE + DONE + chunk("more") + b"garbage"))
def test_what_follows_the_last_event_is_dropped(pieces: list[bytes]) -> None:
    assert passed(*pieces) == SHOWN


def test_nothing_goes_on_before_the_first_content() -> None:
    passage = Passage(CHAT_NATIVE, hide_usage=True)
    assert passage.feed(ROLE) == b""
    assert passage.feed(b": hello\n\n") == b""
    assert not passage.open
    assert passage.feed(chunk("a")) == ROLE + b": hello\n\n" + chunk("a")
    assert passage.open


def test_an_empty_answer_goes_on_with_its_last_event() -> None:
    assert passed(ROLE, FINISH, DONE) == ROLE + FINISH + DONE


def test_events_that_came_together_go_on_together() -> None:
    passage = Passage(CHAT_NATIVE, hide_usage=True)
    passage.feed(chunk("a"))
    assert passage.feed(chunk("b") + chunk("c") + USAGE + b"data: ") == chunk("b") + chunk("c")


def test_the_usage_a_client_asked_for_is_shown() -> None:
    passage = Passage(CHAT_NATIVE, hide_usage=False)
    assert b"".join(passage.feed(piece) for piece in STREAM) == WHOLE


def test_an_endless_event_is_refused() -> None:
    passage = Passage(CHAT_NATIVE, hide_usage=True)
    with pytest.raises(FrameTooLarge):
        passage.feed(b"data: " + b"x" * EVENT_CAP_BYTES)


def test_an_endless_beginning_is_refused() -> None:
    passage = Passage(CHAT_NATIVE, hide_usage=True)
    comment = b": " + b"x" * 100_000 + b"\n\n"
    for _ in range(EVENT_CAP_BYTES // len(comment)):
        passage.feed(comment)
    with pytest.raises(TooLarge):
        passage.feed(comment)


@pytest.mark.parametrize(
    ("asked", "cap"),
    [
        (b"", EVENT_CAP_BYTES),
        (b',"modalities":["text"]', EVENT_CAP_BYTES),
        (b',"modalities":["text", "image"]', MEDIA_EVENT_CAP_BYTES),
        (b',"modalities":["audio"]', MEDIA_EVENT_CAP_BYTES),
    ],
)
def test_a_picture_may_be_one_event(asked: bytes, cap: int) -> None:
    assert (
        event_cap("openai.chat", exchange(Client(), body=CHAT_BODY[:-1] + asked + b"}").top) == cap
    )


def test_an_endless_stream_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passages, "STREAM_CAP_BYTES", 3 * len(chunk("abc")))
    passage = Passage(CHAT_NATIVE, hide_usage=True)
    for _ in range(3):
        passage.feed(chunk("abc"))
    with pytest.raises(TooLarge):
        passage.feed(chunk("abc"))


@pytest.mark.parametrize(
    ("frame", "means"),
    [
        (chunk("a"), True),
        (b": ping\n\n", False),
        (b":\n\n", False),
        (PING, False),
        (b"event:ping\ndata: {}\n\n", False),
        (b"event: content_block_delta\ndata: {}\n\n", True),
        (b"event: content_block_delta\rdata: {}\r\r", True),
        (b"retry: 10\n\n", False),
        (b": data\n\n", False),
    ],
)
def test_signs_of_life_are_told_from_events(frame: bytes, *, means: bool) -> None:
    assert CHAT_NATIVE.is_meaningful(frame) is means
