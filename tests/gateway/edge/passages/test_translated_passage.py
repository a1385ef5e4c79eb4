"""What of a vendor's stream is told in another dialect, and when."""

from collections.abc import Sequence
from typing import Any

import pytest
from msgspec import Raw

from gateway.edge.memory.seals import Sealer
from gateway.edge.operations.surfaces import CHAT
from gateway.edge.passages.naming import Naming, answer_id
from gateway.edge.passages.translated_passage import TranslatedPassage
from protocols import ir
from protocols.codec import Frame, Loss, Target
from protocols.errors import DecodeError, Problem
from protocols.extras import Bared
from protocols.ir import Event
from protocols.registry import NATIVE
from tests.gateway.edge.vendors import (
    DONE,
    FINISH,
    ROLE,
    USAGE,
    Client,
    candidate,
    chunk,
    exchange,
)

STARTED = ir.Started(id="theirs", model="their-model", extra={"theirs": Raw(b"1")})
BEGUN = ir.BlockStarted(index=0, block=ir.Text(text=""))
ENDED = ir.BlockEnded(index=0)
FINISHED = ir.Finished(stop=ir.Stop(reason="end_turn"), usage=ir.Usage())


def text(said: str) -> ir.TextDelta:
    return ir.TextDelta(index=0, text=said)


class Decoder:
    """Says what it is told, a list of events for each frame; then the last ones."""

    def __init__(self, *told: Sequence[Event] | Exception, last: Sequence[Event] = ()) -> None:
        self._told = list(told)
        self._last = last

    def feed(self, frame: Frame) -> Sequence[Event]:
        told = self._told.pop(0) if self._told else ()
        if isinstance(told, Exception):
            raise told
        return told

    def close(self) -> Sequence[Event]:
        return self._last


class Encoder:
    def __init__(self) -> None:
        self.losses = [Loss(code="seal", path="p", why="no")]
        self.heard: list[Event] = []

    def feed(self, event: Event) -> bytes:
        self.heard.append(event)
        return f"<{type(event).__name__}>".encode()

    def close(self) -> bytes:
        return b"<closed>"


def passage(decoder: Decoder, *, client: Any = "anthropic.messages") -> TranslatedPassage:
    naming = Naming(
        id="msg_1",
        model="m",
        created=7,
        sealer=Sealer(asks=client, target=Target(model="m", vendor="acme")),
        bared=Bared("openai.chat"),
    )
    return TranslatedPassage(
        NATIVE["openai.chat"],
        client=NATIVE[client],
        decoder=decoder,
        encoder=Encoder(),
        naming=naming,
        cap=1_000,
    )


def test_nothing_goes_on_before_the_first_content() -> None:
    made = passage(Decoder([STARTED], [BEGUN, text("a")]))

    assert made.feed(ROLE) == b""
    assert made.feed(chunk("a")) == b"<Started><BlockStarted><TextDelta>"
    assert made.open


def test_nothing_of_the_last_event_goes_on_before_the_stream_is_over() -> None:
    made = passage(Decoder([STARTED, BEGUN, text("a")], [ENDED, FINISHED], ()))
    made.feed(chunk("a"))

    assert made.feed(FINISH) == b"<BlockEnded>"
    assert (made.feed(USAGE), made.over) == (b"", False)
    assert made.feed(DONE) == b"<Finished><closed>"
    assert made.over
    assert made.observer.usage is not None
    assert made.faults == 0


def test_a_decoder_may_wait_for_the_end_of_the_stream() -> None:
    made = passage(Decoder([STARTED, BEGUN, text("a")], last=[ENDED, FINISHED]))
    made.feed(chunk("a"))

    assert made.feed(FINISH + DONE) == b"<BlockEnded><Finished><closed>"


def test_the_answer_has_the_names_that_its_client_knows() -> None:
    made = passage(Decoder([STARTED, BEGUN, text("a")]))
    made.feed(chunk("a"))

    assert made._encoder.heard[0] == ir.Started(id="msg_1", model="m", created=7)  # type: ignore[attr-defined] # noqa: SLF001 - what it was told
    assert answer_id("gemini.generate", "req_1") == "1"


@pytest.mark.parametrize(
    ("told", "kind", "said"),
    [
        ([ir.Failed(kind="overloaded", message="busy")], "overloaded", "busy"),
        (DecodeError("choices", "is missing"), "upstream_error", "choices is missing"),
        (
            [ir.Finished(stop=ir.Stop(reason="malformed", raw="BAD_CALL"), usage=ir.Usage())],
            "upstream_error",
            "'BAD_CALL'",
        ),
    ],
)
def test_what_the_decoder_cannot_go_on_from_is_a_failure(told: Any, kind: str, said: str) -> None:
    made = passage(Decoder(told, [text("a")]))

    assert made.feed(chunk("a") + chunk("b")) == b""
    assert made.over
    assert made.failure is not None
    assert (made.failure.kind, said in made.failure.message) == (kind, True)
    assert made.failing == b""


def test_a_stream_that_says_nothing_of_its_end_has_failed() -> None:
    made = passage(Decoder([STARTED, BEGUN, text("a")]))
    made.feed(chunk("a"))

    assert made.feed(DONE) == b""
    assert made.failure is not None
    assert made.close() is None


def test_what_comes_after_the_last_event_is_counted_and_dropped() -> None:
    made = passage(Decoder([STARTED, BEGUN, text("a"), ENDED, FINISHED, text("b")]))

    assert made.feed(chunk("a") + DONE) == (
        b"<Started><BlockStarted><TextDelta><BlockEnded><Finished><closed>"
    )
    assert made.faults == 1


@pytest.mark.parametrize("broke_off", [False, True])
def test_a_stream_that_said_why_it_stopped_is_whole(broke_off: bool) -> None:  # noqa: FBT001
    made = passage(Decoder([STARTED, BEGUN, text("a")], last=[ENDED, FINISHED]))
    made.feed(chunk("a") + FINISH)

    assert made.close(broke_off=broke_off) == b"<BlockEnded><Finished><closed>"


def test_what_came_without_an_empty_line_is_told_too() -> None:
    made = passage(Decoder([STARTED], [BEGUN, text("a"), ENDED, FINISHED]))
    made.feed(ROLE)
    made.feed(FINISH.removesuffix(b"\n\n"))
    assert made.close() is None

    made = passage(Decoder([STARTED, BEGUN, text("a")], [ENDED, FINISHED]))
    made.feed(chunk("a"))
    made.feed(FINISH.removesuffix(b"\n\n"))
    assert made.close() is None, "it says why it stopped only when it has come whole"


def test_an_answer_that_breaks_off_is_none() -> None:
    made = passage(Decoder([STARTED, BEGUN, text("a")]))
    made.feed(chunk("a"))

    assert made.close() is None
    assert made.failure is None


def test_words_are_counted_as_they_come() -> None:
    made = passage(Decoder([STARTED, BEGUN, text("abc"), ir.ArgumentsDelta(index=0, text="de")]))
    asked = exchange(Client(), candidate(), operation=CHAT)
    made.note(asked, made.feed(chunk("a")))
    made.note(asked, b"")

    assert (asked.events, asked.text_bytes) == (2, 5)


def test_an_error_is_told_in_the_dialect_of_the_client() -> None:
    problem = Problem(kind="overloaded", message="busy")

    assert passage(Decoder()).error_event(problem, "req_1").startswith(b"event: error\n")
    numbered = passage(Decoder(), client="openai.responses")
    assert numbered.error_event(problem, "req_1") == b"<Failed><closed>"
    assert [loss.code for loss in numbered.losses] == ["seal"]


@pytest.mark.parametrize(("client", "counted"), [("anthropic.messages", 1), ("openai.chat", 0)])
def test_an_event_that_no_other_dialect_knows_is_counted(client: str, counted: int) -> None:
    unknown = ir.Foreign(dialect="openai.chat", event="news", raw=Raw(b"{}"))
    made = passage(Decoder([STARTED, unknown, BEGUN, text("a"), ENDED, FINISHED]), client=client)
    made.feed(chunk("a") + DONE)

    assert made.faults == counted
