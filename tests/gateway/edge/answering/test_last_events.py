"""F-45, F-46: a stream may end twice, go on after its end, or not end at all, and a success may be
an error: clients of every dialect read exactly one last event, whichever the vendor's is.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

import msgspec
import pytest

from gateway.edge.egress.upstream import Disconnected
from protocols.codec import Frame
from protocols.errors import Problem
from protocols.ir import Dialect
from protocols.registry import NATIVE
from tests.gateway.edge.dialects import (
    DIALECTS,
    PATHS,
    frames,
    question,
    read_stream,
    streamed,
    text_of,
    vendor,
)
from tests.gateway.edge.house import House, told_by
from tests.gateway.edge.vendors import Client, Said

EVERY_PAIR: Final = [(asks, speaks) for asks in DIALECTS for speaks in DIALECTS]
# Its stream ends with the connection: models give a reason to stop in each chunk, or in two.
WITHOUT_END: Final = "gemini.generate"
STOPPED: Final = (b'"finish_reason":"', b'"stop_reason":"', b'"stopReason":"', b'"finishReason":"')


def _is_end_of_chat(frame: Frame) -> bool:
    return frame.data == b"[DONE]" or b'"error":{' in frame.data


def _is_end_of_gemini(frame: Frame) -> bool:
    return b'"finishReason"' in frame.data or b'"error":{' in frame.data


IS_END: Final[Mapping[Dialect, Callable[[Frame], bool]]] = {
    "openai.chat": _is_end_of_chat,
    "openai.responses": lambda frame: (
        frame.event in {"response.completed", "response.incomplete", "response.failed"}
    ),
    "anthropic.messages": lambda frame: frame.event in {"message_stop", "error"},
    "gemini.generate": _is_end_of_gemini,
    "bedrock.converse": lambda frame: frame.event == "messageStop" or frame.exception,
}


def ends(dialect: Dialect, body: bytes) -> list[Frame]:
    splitter = NATIVE[dialect].splitter(cap=1_000_000)
    told = [NATIVE[dialect].frame(raw) for raw in splitter.feed(body)]
    assert splitter.close() == b""
    found = [frame for frame in told if IS_END[dialect](frame)]
    assert found, told
    if dialect != WITHOUT_END:
        last = told[-2] if told[-1].event == "metadata" else told[-1]  # what it used, if it says so
        assert IS_END[dialect](last), "something follows the last event"
    return found


async def asked(house: House, asks: Dialect) -> Client:
    body = question(asks, stream=True)
    if asks == "openai.chat":
        with_usage = {**msgspec.json.decode(body), "stream_options": {"include_usage": True}}
        body = msgspec.json.encode(with_usage)
    return await house.ask(body, path=PATHS[asks][True], query=b"alt=sse")


def delta_of(told: list[bytes]) -> bytes:
    return next(frame for frame in told if b"Hello" in frame)


@pytest.mark.parametrize("also", ["twice", "more content", "content and twice"])
@pytest.mark.parametrize(("asks", "speaks"), EVERY_PAIR)
async def test_what_follows_the_end_is_not_told(asks: Dialect, speaks: Dialect, also: str) -> None:
    told = frames(speaks)
    more = {
        "twice": [told[-1]],
        "more content": [delta_of(told)],
        "content and twice": [delta_of(told), *told[-2:]],
    }[also]
    house = House(streamed(speaks, *told, *more), providers=(vendor(speaks),))
    client = await asked(house, asks)

    assert client.is_complete
    found = ends(asks, client.body)
    assert len(found) == 1 or (asks == speaks == WITHOUT_END)
    collector = read_stream(asks, client.body)
    assert collector.failed is None
    if speaks != WITHOUT_END:
        assert text_of(collector.response()) == "Hello"
    _, final = told_by(house)
    assert (final.outcome.status, final.tokens.out_text) == ("ok", 2)


@pytest.mark.parametrize(("asks", "speaks"), EVERY_PAIR)
async def test_an_end_that_never_comes_is_told_as_a_failure(asks: Dialect, speaks: Dialect) -> None:
    """Not even why it stopped."""
    told = frames(speaks)
    cut = told[: told.index(delta_of(told)) + 1]
    house = House(streamed(speaks, *cut), providers=(vendor(speaks),))
    client = await asked(house, asks)

    assert client.is_complete
    assert len(ends(asks, client.body)) == 1
    assert read_stream(asks, client.body).failed is not None
    assert told_by(house)[1].outcome.status == "interrupted"


# What may stand behind a reason to stop where the end should be.
BEHIND: Final[Mapping[str, Callable[[Dialect], bytes]]] = {
    "nothing": lambda _: b"",
    "a piece of an event": lambda dialect: frames(dialect)[-1][:6],
    "an event without its empty line": lambda dialect: QUIET[dialect],
}
QUIET: Final[Mapping[Dialect, bytes]] = {
    "openai.chat": b'data: {"choices":[]}',
    "anthropic.messages": b'event: ping\ndata: {"type":"ping"}',
    "bedrock.converse": frames("bedrock.converse")[-1],  # whose messages end by themselves
}


@pytest.mark.parametrize("behind", BEHIND)
@pytest.mark.parametrize("speaks", ["openai.chat", "anthropic.messages", "bedrock.converse"])
@pytest.mark.parametrize("asks", DIALECTS)
async def test_a_reason_to_stop_is_an_end_if_none_follows(
    asks: Dialect, speaks: Dialect, behind: str
) -> None:
    """The other dialects say both in one event."""
    told = frames(speaks)
    stop = next(at for at, frame in enumerate(told) if any(said in frame for said in STOPPED))
    ends_so = streamed(speaks, *told[: stop + 1], BEHIND[behind](speaks))
    house = House(ends_so, providers=(vendor(speaks),))
    client = await asked(house, asks)

    assert client.is_complete
    collector = read_stream(asks, client.body)
    assert collector.failed is None
    assert collector.response().stop.reason == "tool_call"
    assert len(ends(asks, client.body)) == 1


@pytest.mark.parametrize("rest", [b"data: [DONE]", b"data: [DONE]\n", b"data: [DONE]\n\n"])
async def test_an_end_that_came_is_not_told_again(rest: bytes) -> None:
    told = frames("openai.chat")[:-1]
    house = House(streamed("openai.chat", *told, rest), providers=(vendor("openai.chat"),))
    client = await asked(house, "openai.chat")

    assert client.body == b"".join(told) + rest


# --- F-46 -----------------------------------------------------------------------------------------

ATTEMPTS: Final = 4  # at most
ERRORS: Final[Mapping[Dialect, bytes]] = {
    "openai.chat": b'{"error":{"message":"So it is.","type":"server_error","code":null}}',
    "openai.responses": b'{"error":{"message":"So it is.","type":"server_error","code":null}}',
    "anthropic.messages": b'{"type":"error","error":{"type":"api_error","message":"So it is."}}',
    "gemini.generate": b'{"error":{"code":500,"message":"So it is.","status":"INTERNAL"}}',
    "bedrock.converse": b'{"__type":"InternalServerException","message":"So it is."}',
}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("asks", "speaks"), EVERY_PAIR)
async def test_an_error_in_a_success_is_an_error_and_costs_nothing(
    asks: Dialect,
    speaks: Dialect,
    stream: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """F-46"""
    said = [Said(ERRORS[speaks]) for _ in range(ATTEMPTS)]
    house = House(*said, providers=(vendor(speaks),))
    path = PATHS[asks][stream]
    client = await house.ask(question(asks, stream=stream), path=path, query=b"alt=sse")

    assert client.status >= 500, client.body
    problem = NATIVE[asks].problem(client.status, client.body, None)
    assert "So it is." in problem.message
    _, final = told_by(house)
    assert (final.outcome.status, final.money.charge_nano) == ("upstream_error", 0)


@pytest.mark.parametrize(("asks", "speaks"), EVERY_PAIR)
async def test_an_error_after_content_ends_the_stream_and_content_is_charged(
    asks: Dialect, speaks: Dialect
) -> None:
    """F-46"""
    told = frames(speaks)
    begun = told[: told.index(delta_of(told)) + 1]
    error = NATIVE[speaks].error_event(Problem(kind="overloaded", message="So it is."), "req_1")
    house = House(streamed(speaks, *begun, error), providers=(vendor(speaks),))
    client = await asked(house, asks)

    assert client.is_complete
    assert len(ends(asks, client.body)) == 1
    failed = read_stream(asks, client.body).failed
    assert failed is not None
    assert "So it is." in failed.message
    _, final = told_by(house)
    assert final.outcome.status == "interrupted"
    assert final.money.charge_nano > 0


# --- cut at every frame ---------------------------------------------------------------------------


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_native_stream_that_is_cut_at_any_frame_ends_once(dialect: Dialect) -> None:
    """Translated ones: `test_translation_dialects`, and the SDKs in `tests/clients`."""
    told = frames(dialect)
    for cut in range(1, len(told)):
        await asyncio.sleep(0)  # each a step of its own: none of them may take long
        broken = streamed(dialect, *told[:cut], Disconnected("reset", sent=True))
        house = House(broken, streamed(dialect), providers=(vendor(dialect, keys=("1", "2")),))
        client = await asked(house, dialect)

        assert client.is_complete
        found = ends(dialect, client.body)
        assert len(found) == 1, cut
        failed = read_stream(dialect, client.body).failed
        _, final = told_by(house)
        assert (failed is not None) == (final.outcome.status == "interrupted")
        if failed is not None and dialect == "openai.responses":
            assert found[0].event == "response.failed"
