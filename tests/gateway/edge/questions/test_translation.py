"""Vendors that speak another dialect than the client, through the whole pipeline."""

from typing import Any, Final

import msgspec
import pytest

from gateway.edge.egress.upstream import ConnectFailed, Disconnected
from tests.gateway.edge.dialects import vendor
from tests.gateway.edge.house import BODIES, PLAIN, STREAMED, House, answer, told_by
from tests.gateway.edge.plane import key_spec
from tests.gateway.edge.vendors import CHAT_ANSWER, JSON, SSE, Client, Said, provider, target

MESSAGE: Final = (
    b'{"id":"msg_v","type":"message","role":"assistant","model":"claude-x","content":['
    b'{"type":"text","text":"Hello"}],"stop_reason":"end_turn","stop_sequence":null,'
    b'"usage":{"input_tokens":5,"output_tokens":2}}'
)


def event(kind: str, **said: Any) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), msgspec.json.encode({"type": kind, **said}))


START: Final = event(
    "message_start",
    message={
        "id": "msg_v",
        "type": "message",
        "role": "assistant",
        "model": "claude-x",
        "content": [],
        "usage": {"input_tokens": 5, "output_tokens": 1},
    },
)
BLOCK: Final = event("content_block_start", index=0, content_block={"type": "text", "text": ""})
WORDS: Final = tuple(
    event("content_block_delta", index=0, delta={"type": "text_delta", "text": word})
    for word in ("Hel", "lo")
)
STOP: Final = event("content_block_stop", index=0)
DELTA: Final = event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 2})
END: Final = event("message_stop")
EVENTS: Final = (START, BLOCK, *WORDS, STOP, DELTA, END)
ANSWERS: Final = {PLAIN: Said(MESSAGE), STREAMED: Said(*EVENTS, headers=SSE)}
OVERLOADED: Final = event("error", error={"type": "overloaded_error", "message": "busy"})


def claude(slug: str = "claude", **more: Any) -> Any:
    return provider(
        slug, kind="anthropic", targets=(target("m", upstream="claude-x", price_model="m"),), **more
    )


def house(*answers: Any, **more: Any) -> House:
    more.setdefault("providers", (claude(),))
    return House(*answers, **more)


def chunks(client: Client) -> list[Any]:
    frames = client.body.removesuffix(b"\n\n").split(b"\n\n")
    return [
        msgspec.json.decode(frame.removeprefix(b"data: "))
        for frame in frames
        if frame.startswith(b"data: {")
    ]


async def test_a_question_goes_up_and_its_answer_comes_down_in_another_dialect() -> None:
    gateway = house(Said(MESSAGE))
    client = await gateway.ask(PLAIN)

    call = gateway.vendors.calls[0]
    assert call.url.endswith("/v1/messages")
    asked = msgspec.json.decode(call.body)
    assert asked["model"] == "claude-x"
    assert asked["messages"][0]["role"] == "user"
    said = msgspec.json.decode(client.body)
    assert (client.status, said["object"]) == (200, "chat.completion")
    assert said["choices"][0]["message"]["content"] == "Hello"
    assert said["choices"][0]["finish_reason"] == "stop"
    assert (said["model"], said["id"]) == ("m", "chatcmpl-0192b3c4d5e67890a1b2c3d4e5f60718")
    assert said["created"] > 1_700_000_000
    assert client.headers[b"content-type"] == b"application/json"
    assert client.headers[b"x-switchyard-target"] == b"claude/claude-x"


async def test_a_stream_is_told_in_the_dialect_of_the_client() -> None:
    gateway = house(Said(*EVENTS, headers=SSE))
    client = await gateway.ask(STREAMED)

    said = chunks(client)
    assert client.body.endswith(b"data: [DONE]\n\n")
    assert client.body.count(b"[DONE]") == 1
    assert {(each["id"], each["model"]) for each in said} == {
        ("chatcmpl-0192b3c4d5e67890a1b2c3d4e5f60718", "m")
    }
    deltas = [each["choices"][0]["delta"] for each in said]
    assert deltas[0] == {"role": "assistant", "content": ""}
    assert [delta["content"] for delta in deltas[1:3]] == ["Hel", "lo"]
    assert said[-1]["choices"][0]["finish_reason"] == "stop"
    assert client.headers[b"content-type"] == b"text/event-stream; charset=utf-8"


@pytest.mark.parametrize("name", BODIES)
async def test_both_lanes_are_billed_alike(name: str) -> None:
    body = BODIES[name]
    native, other = House(answer(body)), house(_answer(body))
    await native.ask(body)
    await other.ask(body)

    _, ours = told_by(other)
    _, theirs = told_by(native)
    assert (ours.errand.lane, theirs.errand.lane) == ("translation", "native")
    assert (ours.tokens.in_fresh, ours.tokens.out_text) == (5, 2)
    assert (ours.tokens.in_fresh, ours.tokens.out_text) == (
        theirs.tokens.in_fresh,
        theirs.tokens.out_text,
    )
    assert ours.money == theirs.money
    assert ours.outcome.status == "ok"


def _answer(body: bytes) -> Said:
    return Said(*EVENTS, headers=SSE) if body is STREAMED else Said(MESSAGE)


@pytest.mark.parametrize("name", BODIES)
async def test_a_native_vendor_takes_over_from_one_that_was_translated(name: str) -> None:
    body = BODIES[name]
    both = (claude(priority=1), provider(targets=(target(),), priority=2))
    gateway = House(ConnectFailed("no"), answer(body), providers=both)
    client = await gateway.ask(body)

    starts, final = told_by(gateway)
    assert client.status == 200
    assert [start.errand.lane for start in starts] == ["translation", "native"]
    assert final.errand.lane == "native"


@pytest.mark.parametrize(
    "pieces",
    [
        (Disconnected("reset", sent=True),),
        (START,),
        (START, BLOCK),
        (START, BLOCK, Disconnected("reset", sent=True)),
        (OVERLOADED,),
        (START, OVERLOADED),
    ],
)
async def test_what_fails_before_content_is_invisible(pieces: tuple[Any, ...]) -> None:
    gateway = house(
        Said(*pieces, headers=SSE),
        Said(*EVENTS, headers=SSE),
        providers=(claude(keys=("1", "2")),),
    )
    client = await gateway.ask(STREAMED)

    assert client.status == 200
    assert b"error" not in client.body
    assert client.body.endswith(b"data: [DONE]\n\n")
    assert client.headers[b"x-switchyard-attempts"] == b"2"


@pytest.mark.parametrize(
    "ending",
    [
        (),
        (Disconnected("reset", sent=True),),
        (OVERLOADED,),
        (STOP, OVERLOADED),
    ],
)
async def test_what_fails_after_content_ends_as_the_client_expects(ending: tuple[Any, ...]) -> None:
    gateway = house(Said(START, BLOCK, *WORDS, *ending, headers=SSE))
    client = await gateway.ask(STREAMED)

    *_, last = chunks(client)
    assert client.body.count(b'"error":') == 1
    assert "error" in last
    assert b"[DONE]" not in client.body
    assert client.is_complete
    _, final = told_by(gateway)
    assert final.outcome.status == "interrupted"
    assert final.tokens.out_text >= 2


@pytest.mark.parametrize("end", [(STOP, DELTA), (STOP, DELTA, Disconnected("reset", sent=True))])
async def test_a_vendor_that_said_why_it_stopped_has_ended(end: tuple[Any, ...]) -> None:
    gateway = house(Said(START, BLOCK, *WORDS, *end, headers=SSE))
    client = await gateway.ask(STREAMED)

    assert client.body.endswith(b"data: [DONE]\n\n")
    _, final = told_by(gateway)
    assert (final.outcome.status, final.tokens.out_text) == ("ok", 2)


async def test_an_event_without_its_empty_line_is_told_too() -> None:
    cut = END.removesuffix(b"\n\n")
    gateway = house(Said(START, BLOCK, *WORDS, STOP, DELTA + cut, headers=SSE))
    client = await gateway.ask(STREAMED)

    assert client.body.endswith(b"data: [DONE]\n\n")


async def test_the_end_is_recorded_before_it_is_told() -> None:
    gateway, seen = house(Said(*EVENTS, headers=SSE)), []

    def look(message: Any) -> None:
        if b"[DONE]" in message.get("body", b"") or b'"stop"' in message.get("body", b""):
            seen.append(bool(gateway.notebook.ends))

    client = Client()
    client.on_send = look
    await gateway.ask(STREAMED, client=client)

    assert seen
    assert all(seen)


@pytest.mark.parametrize(
    ("status", "kind", "told", "code"),
    [
        (400, "invalid_request_error", 400, "invalid_request"),
        (413, "request_too_large", 413, "request_too_large"),
        (404, "not_found_error", 404, "not_found"),
        (429, "rate_limit_error", 429, "rate_limit_exceeded"),
        (529, "overloaded_error", 503, "overloaded"),
        (500, "api_error", 502, "upstream_error"),
        (401, "authentication_error", 502, "upstream_credential"),
    ],
)
async def test_an_error_keeps_its_class_and_its_words(
    status: int, kind: str, told: int, code: str
) -> None:
    body = msgspec.json.encode({"type": "error", "error": {"type": kind, "message": "So it is."}})
    gateway = house(*(Said(body, status=status, headers=JSON) for _ in range(3)))
    client = await gateway.ask(PLAIN)

    error = msgspec.json.decode(client.body)["error"]
    assert client.status == told
    assert error["code"] in {code, "model_not_found"}
    assert ("So it is." in error["message"]) is (status != 401)


async def test_a_page_of_html_is_not_echoed() -> None:
    html = {"content-type": "text/html"}
    pages = (Said(b"<html>gone</html>", status=502, headers=html) for _ in range(3))
    client = await house(*pages).ask(PLAIN)

    assert client.status == 502
    assert b"html" not in client.body


@pytest.mark.parametrize(
    "body", [b'{"type":"message"}', b"{}", b'{"type":"message","content":3}', b"[]", b'{"a":']
)
async def test_what_is_no_answer_is_not_translated(body: bytes) -> None:
    both = (claude(priority=1), provider(targets=(target(),), priority=2))
    gateway = House(Said(body), Said(CHAT_ANSWER), providers=both)
    client = await gateway.ask(PLAIN)

    assert (client.status, client.body) == (200, CHAT_ANSWER)


async def test_a_body_that_is_not_of_its_dialect_is_refused_before_anybody_is_asked() -> None:
    gateway = house(Said(MESSAGE))
    client = await gateway.ask(
        b'{"model":"m","messages":[{"role":"user","content":[{"type":"text"}]}]}'
    )

    error = msgspec.json.decode(client.body)["error"]
    assert client.status == 400
    assert error["param"].startswith("messages[0].content[0]")
    assert gateway.vendors.calls == []
    starts, final = told_by(gateway)
    assert starts == []
    assert final.outcome.status == "client_error"


async def test_a_native_vendor_may_understand_what_no_codec_does() -> None:
    both = (claude(priority=1), provider(targets=(target(),), priority=2))
    gateway = House(Said(CHAT_ANSWER), providers=both)
    client = await gateway.ask(
        b'{"model":"m","messages":[{"role":"user","content":[{"type":"vidoe"}]}]}'
    )

    assert (client.status, client.body) == (200, CHAT_ANSWER)
    assert client.headers[b"x-switchyard-attempts"] == b"1"


SEEDED: Final = PLAIN[:-1] + b',"seed":7,"logit_bias":{"5":1}}'


@pytest.mark.parametrize("fidelity", ["warn", "best-effort"])
async def test_a_loss_is_told_and_recorded(fidelity: Any) -> None:
    gateway = house(Said(MESSAGE), key=key_spec(fidelity=fidelity))
    client = await gateway.ask(SEEDED)

    assert client.status == 200
    assert client.headers[b"x-switchyard-degraded"] == b"logit_bias,seed"
    _, final = told_by(gateway)
    assert sorted(final.errand.degraded) == ["logit_bias", "seed"]


async def test_a_lossless_key_has_nothing_left_out() -> None:
    gateway = house(Said(MESSAGE), key=key_spec(fidelity="lossless"))
    client = await gateway.ask(SEEDED)

    error = msgspec.json.decode(client.body)["error"]
    assert (client.status, error["code"]) == (400, "conversion_loss")
    assert "seed at sampling.seed" in error["message"]
    assert gateway.vendors.calls == []
    _, final = told_by(gateway)
    assert (final.outcome.error_code, final.outcome.status) == ("conversion_loss", "client_error")
    assert sorted(final.errand.degraded) == ["logit_bias", "seed"]


async def test_a_lossless_key_goes_where_nothing_is_lost() -> None:
    both = (claude(priority=1), provider(targets=(target(),), priority=2))
    gateway = House(Said(CHAT_ANSWER), providers=both, key=key_spec(fidelity="lossless"))
    client = await gateway.ask(SEEDED)

    assert (client.status, client.body) == (200, CHAT_ANSWER)
    assert b"x-switchyard-degraded" not in client.headers
    _, final = told_by(gateway)
    assert final.errand.degraded == ()


MALFORMED: Final = {
    PLAIN: (
        b'{"candidates":[{"finishReason":"MALFORMED_FUNCTION_CALL","index":0}],'
        b'"usageMetadata":{"promptTokenCount":5,"totalTokenCount":5}}'
    ),
    STREAMED: (
        b'data: {"candidates":[{"finishReason":"MALFORMED_FUNCTION_CALL","index":0}],'
        b'"usageMetadata":{"promptTokenCount":5,"totalTokenCount":5}}\n\n'
    ),
}


@pytest.mark.parametrize("name", BODIES)
async def test_a_model_that_fails_does_not_take_its_credential_out(name: str) -> None:
    body = BODIES[name]
    headers = JSON if body is PLAIN else SSE
    gateway = House(
        *(Said(MALFORMED[body], headers=headers) for _ in range(6)),
        providers=(vendor("gemini.generate"),),
    )
    for asked in (3, 6):
        client = await gateway.ask(body)

        assert b"MALFORMED_FUNCTION_CALL" in client.body
        assert len(gateway.vendors.calls) == asked
