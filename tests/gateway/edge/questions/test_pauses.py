"""Vendors that pause in the midst of an answer, for clients whose dialect has no word for it."""

import asyncio
from typing import Any, Final

import msgspec
import pytest

from gateway.edge.egress.upstream import Disconnected
from tests.gateway.edge.dialects import PATHS
from tests.gateway.edge.house import House, first_bytes, told_by
from tests.gateway.edge.plane import bearer
from tests.gateway.edge.questions.test_translation import claude, event
from tests.gateway.edge.vendors import SSE, Client, Said

RESPONSES: Final = b"/v1/responses"
ASKED: Final = {"model": "m", "input": "Hi", "store": False, "tools": [{"type": "web_search"}]}
WHOLE: Final = msgspec.json.encode(ASKED)
STREAMED: Final = msgspec.json.encode({**ASKED, "stream": True})
FOUND: Final[list[dict[str, Any]]] = [
    {"type": "web_search_result", "url": "https://a.example", "encrypted_content": "c2VhbGVk"}
]
CALL: Final = {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"q": "x"}}
RESULT: Final = {"type": "web_search_tool_result", "tool_use_id": "s1", "content": FOUND}


def blocks(text: str) -> list[dict[str, Any]]:
    return [{"type": "text", "text": text}, CALL, RESULT]


def message(text: str, stop: str, **usage: int) -> Said:
    used = usage or {"input_tokens": 5, "output_tokens": 2}
    said = {
        "id": "msg_v",
        "type": "message",
        "role": "assistant",
        "model": "claude-x",
        "content": blocks(text) if stop == "pause_turn" else [{"type": "text", "text": text}],
        "stop_reason": stop,
        "usage": used,
    }
    return Said(msgspec.json.encode(said))


def events(text: str, stop: str) -> list[bytes]:
    usage = {"input_tokens": 5, "output_tokens": 1}
    begun = {"id": "v", "type": "message", "role": "assistant", "model": "c", "content": []}
    words = {"type": "text_delta", "text": text}
    told = [
        event("message_start", message={**begun, "usage": usage}),
        event("content_block_start", index=0, content_block={"type": "text", "text": ""}),
        event("content_block_delta", index=0, delta=words),
        event("content_block_stop", index=0),
    ]
    if stop == "pause_turn":
        asked = {"type": "input_json_delta", "partial_json": '{"q":"x"}'}
        told += [
            event("content_block_start", index=1, content_block={**CALL, "input": {}}),
            event("content_block_delta", index=1, delta=asked),
            event("content_block_stop", index=1),
            event("content_block_start", index=2, content_block=RESULT),
            event("content_block_stop", index=2),
        ]
    told.append(event("message_delta", delta={"stop_reason": stop}, usage={"output_tokens": 2}))
    return [*told, event("message_stop")]


def stream(text: str, stop: str) -> Said:
    return Said(*events(text, stop), headers=SSE)


def house(*answers: Any, **more: Any) -> House:
    return House(*answers, providers=(claude(),), **more)


def text_of(client: Client) -> str:
    said = msgspec.json.decode(client.body)
    return "".join(
        part["text"] for item in said["output"] for part in item.get("content") or () if part
    )


def told_events(client: Client) -> list[dict[str, Any]]:
    frames = client.body.decode().strip().split("\n\n")
    return [msgspec.json.decode(each.partition("data: ")[2]) for each in frames]


def streamed_text(client: Client) -> str:
    told = told_events(client)
    return "".join(each["delta"] for each in told if each["type"] == "response.output_text.delta")


async def test_an_answer_in_two_is_told_as_one() -> None:
    gateway = house(message("One. ", "pause_turn"), message("Two.", "end_turn"))
    client = await gateway.ask(WHOLE, path=RESPONSES)

    first, second = (msgspec.json.decode(call.body) for call in gateway.vendors.calls)
    assert second["messages"] == [
        *first["messages"],
        {"role": "assistant", "content": blocks("One. ")},
    ]
    said = msgspec.json.decode(client.body)
    assert (client.status, said["status"], text_of(client)) == (200, "completed", "One. Two.")
    assert (said["usage"]["input_tokens"], said["usage"]["output_tokens"]) == (10, 4)


async def test_each_call_is_recorded_and_paid_for_once() -> None:
    gateway = house(message("One. ", "pause_turn"), message("Two.", "end_turn"))
    client = await gateway.ask(WHOLE, path=RESPONSES)

    _, final = told_by(gateway)
    (paused,) = (end for end in gateway.notebook.ends if not end.outcome.final)
    assert (paused.outcome.status, paused.outcome.terminated) == ("ok", "complete")
    for end in (paused, final):
        assert (end.tokens.in_fresh, end.tokens.out_text) == (5, 2)
        assert (end.money.cost_nano, end.money.charge_nano) == (13_000, 13_000)
        assert end.money.cost_certainty == "exact"
    assert client.headers[b"x-switchyard-attempts"] == b"2"
    assert gateway.counts.statuses == {"ok": 2}


async def test_a_stream_in_two_is_told_as_one() -> None:
    gateway = house(stream("One. ", "pause_turn"), stream("Two.", "end_turn"))
    client = await gateway.ask(STREAMED, path=RESPONSES)

    asked = msgspec.json.decode(gateway.vendors.calls[1].body)
    assert asked["messages"][-1] == {"role": "assistant", "content": blocks("One. ")}
    told = told_events(client)
    kinds = [each["type"] for each in told]
    assert [each["sequence_number"] for each in told] == list(range(len(told)))
    assert kinds.count("response.created") == 1
    assert kinds[-1] == "response.completed"
    assert kinds.count("response.completed") == 1
    assert streamed_text(client) == "One. Two."
    usage = told[-1]["response"]["usage"]
    assert (usage["input_tokens"], usage["output_tokens"]) == (10, 4)
    starts, final = told_by(gateway)
    assert len(starts) == 2
    spans = [(span.name, span.attempt) for span in final.outcome.spans if span.side == "upstream"]
    assert spans == [
        ("attempt", 0),
        ("first token", 0),
        ("stream", 0),
        ("attempt", 1),
        ("stream", 1),
    ]
    assert [end.money.charge_nano for end in gateway.notebook.ends] == [13_000, 13_000]


@pytest.mark.parametrize("asks", ["openai.chat", "gemini.generate"])
async def test_other_clients_hear_no_pause_either(asks: Any) -> None:
    chat = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
    bodies = {
        "openai.chat": {**chat, "tools": [{"type": "web_search"}]},
        "gemini.generate": {
            "contents": [{"role": "user", "parts": [{"text": "Hi"}]}],
            "tools": [{"googleSearch": {}}],
        },
    }
    gateway = house(message("One. ", "pause_turn"), message("Two.", "end_turn"))
    body = msgspec.json.encode(bodies[asks])
    client = await gateway.ask(body, path=PATHS[asks][0])

    assert len(gateway.vendors.calls) == 2
    assert b"One. " in client.body
    assert b"Two." in client.body


@pytest.mark.parametrize("asked", [WHOLE, STREAMED])
async def test_after_the_fifth_time_the_pause_is_the_end(asked: bytes) -> None:
    make = stream if asked is STREAMED else message
    gateway = house(*(make(f"{n}. ", "pause_turn") for n in range(8)))
    client = await gateway.ask(asked, path=RESPONSES)

    assert len(gateway.vendors.calls) == 6
    said = streamed_text(client) if asked is STREAMED else text_of(client)
    assert said == "0. 1. 2. 3. 4. 5. "
    starts, final = told_by(gateway)
    assert (len(starts), final.outcome.status) == (6, "ok")
    assert sum(end.money.charge_nano for end in gateway.notebook.ends) == 6 * 13_000


@pytest.mark.parametrize("asked", [WHOLE, STREAMED])
async def test_where_the_vendor_does_not_go_on_what_it_has_said_is_all(asked: bytes) -> None:
    make = stream if asked is STREAMED else message
    gateway = house(make("One. ", "pause_turn"), Disconnected("reset", sent=True))
    client = await gateway.ask(asked, path=RESPONSES)

    assert client.status == 200
    assert client.is_complete
    if asked is STREAMED:
        last = told_events(client)[-1]
        assert (last["type"], streamed_text(client)) == ("response.completed", "One. ")
        assert last["response"]["usage"]["output_tokens"] == 2
    else:
        assert (text_of(client), len(gateway.vendors.calls)) == ("One. ", 2)
    starts, final = told_by(gateway)
    assert (len(starts), final.outcome.status) == (2, "ok")
    assert [end.money.charge_nano for end in gateway.notebook.ends] == [13_000, 0]


async def test_a_stream_that_breaks_off_after_its_pause_says_so() -> None:
    broken = Said(*events("Two.", "end_turn")[:3], Disconnected("reset", sent=True), headers=SSE)
    gateway = house(stream("One. ", "pause_turn"), broken)
    client = await gateway.ask(STREAMED, path=RESPONSES)

    told = told_events(client)
    assert [each["type"] for each in told[-2:]] == ["error", "response.failed"]
    assert [each["sequence_number"] for each in told] == list(range(len(told)))
    _, final = told_by(gateway)
    assert final.outcome.status == "interrupted"


@pytest.mark.parametrize("ends", ["deadline", "stopping"])
async def test_whoever_is_interrupted_between_two_calls_ends_at_the_pause(ends: str) -> None:
    open_still = Said(*events("One. ", "pause_turn"), 60.0, headers=SSE)
    gateway = house(open_still, stream("Two.", "end_turn"))
    headers = {**bearer(), b"x-request-timeout-ms": b"150"} if ends == "deadline" else None
    client = Client()
    asking = asyncio.create_task(
        gateway.ask(STREAMED, path=RESPONSES, client=client, headers=headers)
    )
    if ends == "stopping":
        await first_bytes(client)
        while open_still.reads < 12:  # noqa: ASYNC110 - the loop does it
            await asyncio.sleep(0)
        gateway.worker.open_exchanges.stop()
    await asyncio.wait_for(asking, 5)

    assert len(gateway.vendors.calls) == 1
    assert client.is_complete
    told = told_events(client)
    assert [each["type"] for each in told].count("response.completed") == 1
    assert told[-1]["type"] == "response.completed"
    starts, final = told_by(gateway)
    assert (len(starts), final.outcome.status) == (1, "ok")
    assert final.money.charge_nano == 13_000


@pytest.mark.parametrize("pieces", [1, 2])
async def test_of_a_call_that_said_nothing_nothing_is_told(pieces: int) -> None:
    begun: list[Any] = [*events("Two.", "end_turn")[:pieces], Disconnected("reset", sent=True)]
    gateway = house(stream("One. ", "pause_turn"), Said(*begun, headers=SSE))
    client = await gateway.ask(STREAMED, path=RESPONSES)

    told = told_events(client)
    assert [each["sequence_number"] for each in told] == list(range(len(told)))
    kinds = [each["type"] for each in told]
    assert kinds.count("response.output_item.done") == kinds.count("response.output_item.added")
    (item,) = told[-1]["response"]["output"]
    assert [part["text"] for part in item["content"]] == ["One. "]


async def test_a_pause_without_a_word_is_gone_on_with() -> None:
    empty = Said(*(events("", "pause_turn")[0], *events("", "pause_turn")[-2:]), headers=SSE)
    gateway = house(stream("One. ", "pause_turn"), empty, stream("Two.", "end_turn"))
    client = await gateway.ask(STREAMED, path=RESPONSES)

    told = told_events(client)
    assert [each["sequence_number"] for each in told] == list(range(len(told)))
    assert streamed_text(client) == "One. Two."
    assert len(gateway.vendors.calls) == 3


@pytest.mark.parametrize(
    ("second", "paid"),
    [(message("Two.", "end_turn"), b"0.000026"), (Disconnected("no", sent=True), b"0.000013")],
)
async def test_the_header_tells_what_all_calls_cost(second: Any, paid: bytes) -> None:
    gateway = house(message("One. ", "pause_turn"), second)
    client = await gateway.ask(WHOLE, path=RESPONSES)

    assert client.headers[b"x-switchyard-cost-usd"] == paid


async def test_what_was_lost_before_a_pause_is_lost() -> None:
    gateway = house(message("One. ", "pause_turn"), Disconnected("no", sent=True))
    client = await gateway.ask(WHOLE, path=RESPONSES)

    assert b"opaque" in client.headers[b"x-switchyard-degraded"]
    assert "opaque" in told_by(gateway)[1].errand.degraded


@pytest.mark.parametrize("asked", [WHOLE, STREAMED])
async def test_what_cannot_be_recorded_is_not_gone_on_with(asked: bytes) -> None:
    make = stream if asked is STREAMED else message
    gateway = house(make("One. ", "pause_turn"), make("Two.", "end_turn"))
    write = gateway.notebook.write

    def fails(*frames: Any) -> None:
        gateway.notebook.full = len(frames) == 2  # a START with an END before it
        write(*frames)

    gateway.notebook.write = fails  # type: ignore[method-assign]
    client = await gateway.ask(asked, path=RESPONSES)

    assert len(gateway.vendors.calls) == 1
    assert client.is_complete
    _, final = told_by(gateway)
    assert (final.tokens.out_text, final.money.charge_nano) == (2, 13_000)


@pytest.mark.parametrize("begins", [True, False])
async def test_a_vendor_that_gives_all_at_once_is_told_as_a_stream(*, begins: bool) -> None:
    first = stream("One. ", "pause_turn") if begins else message("One. ", "pause_turn")
    gateway = house(first, message("Two.", "end_turn"))
    client = await gateway.ask(STREAMED, path=RESPONSES)

    told = told_events(client)
    assert told[-1]["type"] == "response.completed"
    assert [each["sequence_number"] for each in told] == list(range(len(told)))
    assert streamed_text(client) == ("One. Two." if begins else "One. ")


async def test_who_does_not_tell_its_usage_is_not_asked_to_go_on() -> None:
    gateway = house(message("One. ", "pause_turn", input_tokens=5), message("Two.", "end_turn"))
    client = await gateway.ask(WHOLE, path=RESPONSES)

    assert len(gateway.vendors.calls) == 1
    assert text_of(client) == "One. "


async def test_without_a_tool_of_the_vendor_s_nothing_is_gone_on_with() -> None:
    gateway = house(message("One. ", "pause_turn"), message("Two.", "end_turn"))
    body = msgspec.json.encode({**ASKED, "tools": []})
    await gateway.ask(body, path=RESPONSES)

    assert len(gateway.vendors.calls) == 1


async def test_a_client_with_a_word_for_it_goes_on_by_itself() -> None:
    gateway = house(message("One. ", "pause_turn"), message("Two.", "end_turn"))
    tools = [{"type": "web_search_20250305", "name": "web_search"}]
    turn = {"role": "user", "content": "Hi"}
    body = {"model": "m", "max_tokens": 9, "messages": [turn], "tools": tools}
    client = await gateway.ask(msgspec.json.encode(body), path=b"/v1/messages")

    assert msgspec.json.decode(client.body)["stop_reason"] == "pause_turn"
    assert len(gateway.vendors.calls) == 1


async def test_who_leaves_after_a_pause_pays_for_what_was_told() -> None:
    slow = Said(60.0, *events("Two.", "end_turn"), headers=SSE)
    gateway = house(stream("One. ", "pause_turn"), slow)
    client = Client()

    asking = asyncio.create_task(gateway.ask(STREAMED, path=RESPONSES, client=client))
    await first_bytes(client)
    while len(gateway.vendors.calls) < 2:  # noqa: ASYNC110 - the loop does it
        await asyncio.sleep(0)
    client.leave()
    await asyncio.wait_for(asking, 5)

    _, final = told_by(gateway)
    assert final.outcome.status == "canceled"
    paused = gateway.notebook.ends[0]
    assert (paused.money.charge_nano, paused.tokens.out_text) == (13_000, 2)
