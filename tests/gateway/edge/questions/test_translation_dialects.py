"""Every dialect asked through every other one, by the whole pipeline."""

import asyncio
from typing import Any

import msgspec
import pytest

from gateway.edge.egress.upstream import Disconnected
from protocols.ir import Dialect
from protocols.registry import NATIVE
from tests.gateway.edge.dialects import (
    DIALECTS,
    PAIRS,
    PATHS,
    calls_of,
    frames,
    question,
    read_stream,
    read_whole,
    streamed,
    text_of,
    vendor,
    whole,
)
from tests.gateway.edge.house import House, told_by
from tests.gateway.edge.vendors import Client

EVENTS = b"alt=sse"
ID = "0192b3c4d5e67890a1b2c3d4e5f60718"


async def asked(house: House, dialect: Dialect, *, stream: bool, **more: Any) -> Client:
    more.setdefault("query", EVENTS if stream else b"")
    path = PATHS[dialect][stream]
    return await house.ask(question(dialect, stream=stream), path=path, **more)


@pytest.mark.parametrize(("asks", "speaks"), PAIRS)
async def test_a_whole_answer_is_told_in_the_dialect_of_the_client(
    asks: Dialect, speaks: Dialect
) -> None:
    house = House(whole(speaks), providers=(vendor(speaks),))
    client = await asked(house, asks, stream=False)

    assert (client.status, client.is_complete) == (200, True), client.body
    assert client.headers[b"content-type"] == b"application/json"
    answer = read_whole(asks, client.body)
    assert text_of(answer) == "Hello"
    assert calls_of(answer) == [("look", {"at": "sea"})]
    assert answer.stop.reason == "tool_call"
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (5, 2)
    assert b"their" not in client.body
    _, final = told_by(house)
    assert (final.errand.lane, final.outcome.status) == ("translation", "ok")
    assert (final.tokens.in_fresh, final.tokens.out_text) == (5, 2)


@pytest.mark.parametrize(("asks", "speaks"), PAIRS)
async def test_a_stream_is_told_in_the_dialect_of_the_client(
    asks: Dialect, speaks: Dialect
) -> None:
    house = House(streamed(speaks), providers=(vendor(speaks),))
    client = await asked(house, asks, stream=True)

    assert (client.status, client.is_complete) == (200, True), client.body
    assert client.headers[b"content-type"] == NATIVE[asks].stream_content_type
    collector = read_stream(asks, client.body)
    assert collector.failed is None
    answer = collector.response()
    assert text_of(answer) == "Hello"
    assert calls_of(answer) == [("look", {"at": "sea"})]
    assert answer.stop.reason == "tool_call"
    assert b"their" not in client.body
    _, final = told_by(house)
    assert (final.errand.lane, final.outcome.status) == ("translation", "ok")
    assert (final.tokens.in_fresh, final.tokens.out_text) == (5, 2)


@pytest.mark.parametrize(("asks", "speaks"), PAIRS)
async def test_a_vendor_that_does_not_stream_is_told_as_a_stream(
    asks: Dialect, speaks: Dialect
) -> None:
    house = House(whole(speaks), providers=(vendor(speaks),))
    client = await asked(house, asks, stream=True)

    assert client.headers[b"content-type"] == NATIVE[asks].stream_content_type
    answer = read_stream(asks, client.body).response()
    assert (text_of(answer), calls_of(answer)) == ("Hello", [("look", {"at": "sea"})])
    _, final = told_by(house)
    assert (final.outcome.status, final.tokens.out_text) == ("ok", 2)


@pytest.mark.parametrize(("asks", "speaks"), PAIRS)
async def test_wherever_a_stream_breaks_it_ends_once(asks: Dialect, speaks: Dialect) -> None:
    told = frames(speaks)
    for cut in range(1, len(told)):
        await asyncio.sleep(0)  # each a step of its own: none of them may take long
        broken = streamed(speaks, *told[:cut], Disconnected("reset", sent=True))
        house = House(broken, streamed(speaks), providers=(vendor(speaks, keys=("1", "2")),))
        client = await asked(house, asks, stream=True)

        assert client.is_complete
        collector = read_stream(asks, client.body)
        starts, final = told_by(house)
        if len(starts) == 1 and final.outcome.status == "interrupted":
            assert collector.failed is not None, client.body
        else:
            assert collector.failed is None, client.body
            assert text_of(collector.response()) == "Hello"


@pytest.mark.parametrize("asks", DIALECTS)
@pytest.mark.parametrize("stream", [False, True])
async def test_an_error_is_told_in_the_dialect_of_the_client(asks: Dialect, stream: bool) -> None:  # noqa: FBT001
    speaks: Dialect = "openai.chat" if asks != "openai.chat" else "anthropic.messages"
    body = b'{"error":{"message":"So it is.","type":"invalid_request_error"}}'
    refused = whole(speaks)
    refused.status, refused._pieces = 400, [body]  # noqa: SLF001 - as if it had said so
    house = House(refused, providers=(vendor(speaks),))
    client = await asked(house, asks, stream=stream)

    assert client.status == 400
    assert b"So it is." in client.body
    problem = NATIVE[asks].problem(400, client.body, None)
    assert (problem.kind, problem.message) == ("invalid_request", "So it is.")


async def test_a_client_of_google_reads_an_array_where_it_asks_for_no_events() -> None:
    house = House(streamed("openai.chat"), providers=(vendor("openai.chat"),))
    client = await asked(house, "gemini.generate", stream=True, query=b"")

    assert client.headers[b"content-type"] == b"application/json"
    told = msgspec.json.decode(client.body)
    assert isinstance(told, list)
    assert any(each.get("usageMetadata") for each in told)


async def test_a_client_of_aws_finds_its_request_by_the_header_it_knows() -> None:
    house = House(whole("openai.chat"), providers=(vendor("openai.chat"),))
    client = await asked(house, "bedrock.converse", stream=False)

    assert client.headers[b"x-amzn-requestid"] == f"req_{ID}".encode()
    assert b"anthropic-organization-id" not in client.headers


FAILED_FIRST = b"".join(
    b"event: " + str(told["type"]).encode() + b"\ndata: " + msgspec.json.encode(told) + b"\n\n"
    for told in (
        {"type": "response.created", "response": {"id": "r"}},
        {
            "type": "response.failed",
            "response": {"status": "failed", "error": {"code": "server_error", "message": "no"}},
        },
    )
)


@pytest.mark.parametrize("asks", ["openai.responses", "anthropic.messages"])
async def test_a_last_event_that_says_a_failure_before_any_content_is_nobodys_business(
    asks: Dialect,
) -> None:
    house = House(
        streamed("openai.responses", FAILED_FIRST),
        streamed("openai.responses"),
        providers=(vendor("openai.responses", keys=("1", "2")),),
    )
    client = await asked(house, asks, stream=True)

    assert len(house.vendors.calls) == 2
    assert b"server_error" not in client.body
    assert text_of(read_stream(asks, client.body).response()) == "Hello"


async def test_an_error_that_the_sdk_of_responses_would_not_hear_is_told_as_a_failure_too() -> None:
    said = frames("openai.responses")
    at = next(at for at, frame in enumerate(said) if b"output_text.delta" in frame)
    error = b'event: error\ndata: {"type":"error","code":"server_error","message":"no"}\n\n'
    house = House(
        streamed("openai.responses", *said[: at + 1], error),
        providers=(vendor("openai.responses"),),
    )
    client = await asked(house, "openai.responses", stream=True)

    events = [line for line in client.body.split(b"\n") if line.startswith(b"event: ")]
    assert events[-2:] == [b"event: error", b"event: response.failed"]
    assert events.count(b"event: error") == 1
    assert client.body.count(b'"message":"no"') >= 2


@pytest.mark.parametrize("asks", ["openai.responses", "anthropic.messages"])
async def test_a_part_of_the_last_event_is_no_end(asks: Dialect) -> None:
    *said, last = frames("openai.responses")
    broken = streamed("openai.responses", *said, last[: len(last) // 2])
    house = House(broken, providers=(vendor("openai.responses"),))
    client = await asked(house, asks, stream=True)

    assert client.is_complete
    assert read_stream(asks, client.body).failed is not None
    assert told_by(house)[1].outcome.status == "interrupted"


@pytest.mark.parametrize("asks", ["openai.chat", "anthropic.messages"])
async def test_what_is_about_our_account_is_not_told_in_a_stream(asks: Dialect) -> None:
    said = frames("openai.chat")
    at = next(at for at, frame in enumerate(said) if b"Hello" in frame)
    error = b'data: {"error":{"message":"org-1 has no money","code":"insufficient_quota"}}\n\n'
    house = House(
        streamed("openai.chat", *said[: at + 1], error), providers=(vendor("openai.chat"),)
    )
    client = await asked(house, asks, stream=True)

    assert client.is_complete
    assert b"org-1" not in client.body
    assert b"theirs failed." in client.body
