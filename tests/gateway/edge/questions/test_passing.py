"""Operations that are passed on: what goes up, what comes back, and what is refused."""

from typing import Any

import msgspec
import pytest

from gateway.edge.egress.upstream import Disconnected
from gateway.edge.operations.operation import Operation
from gateway.edge.operations.passed_operations import PASSED
from tests.gateway.edge.house import priced, told_by
from tests.gateway.edge.passed import (
    AUDIO,
    FILE,
    OPERATIONS,
    TOKENS,
    ask,
    error,
    form,
    passing,
    price,
    send,
)
from tests.gateway.edge.plane import key_spec, snapshot
from tests.gateway.edge.vendors import DONE, SSE, Said, provider, target

FIELDS: dict[str, dict[str, Any]] = {
    "completions": {"prompt": "Hi"},
    "moderations": {"input": "Hi"},
    "rerank": {"query": "Hi", "documents": ["a", "b"]},
    "images": {"prompt": "Hi"},
    "speech": {"input": "Hi", "voice": "alloy"},
}
JSONS = [operation for operation in PASSED.values() if not operation.as_form]
FORMS = [operation for operation in PASSED.values() if operation.as_form]
FORM_FIELDS: dict[str, dict[str, str | bytes]] = {
    "image_edits": {"model": "m", "prompt": "Hi", "image": FILE},
    "transcriptions": {"model": "m", "file": FILE},
    "translations": {"file": FILE, "model": "m"},
}
ANSWER = b'{"results": [1], "usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}}'


@pytest.mark.parametrize("operation", JSONS, ids=lambda each: each.what)
async def test_of_a_json_body_only_the_model_is_changed(operation: Operation) -> None:
    path, what = operation.path, operation.what
    house = passing(Said(ANSWER))

    client = await ask(house, path, **FIELDS[what], unknown={"a": 1.50})

    assert (client.status, client.body) == (200, ANSWER)
    [call] = house.vendors.calls
    assert call.url == "https://api.example.com" + path
    said = {"model": "up", **FIELDS[what], "unknown": {"a": 1.50}}
    assert call.body == msgspec.json.encode(said)
    assert dict(call.headers)["content-type"] == "application/json"
    starts, final = told_by(house)
    assert (starts[0].errand.operation, starts[0].errand.lane) == (what, "native")
    assert (final.tokens.in_fresh, final.tokens.out_text) == (5, 2)
    assert (final.money.cost_nano, final.money.cost_certainty) == (13_000, "exact")


@pytest.mark.parametrize("operation", FORMS, ids=lambda each: each.what)
async def test_of_a_form_only_the_model_is_changed(operation: Operation) -> None:
    path, what = operation.path, operation.what
    house = passing(Said(ANSWER))

    client = await send(house, path, form(**FORM_FIELDS[what]))

    assert (client.status, client.body) == (200, ANSWER)
    [call] = house.vendors.calls
    assert call.url == "https://api.example.com" + path
    assert call.body == form(**{**FORM_FIELDS[what], "model": "up"})
    assert dict(call.headers)["content-type"] == 'multipart/form-data; boundary="xyz"'
    assert told_by(house)[1].money.cost_nano == 13_000


async def test_who_shares_a_credential_does_not_name_its_users() -> None:
    house = passing(Said(ANSWER), Said(ANSWER), vendor={"tenant_id": None})
    await send(house, "/v1/images/edits", form(model="m", image=FILE, user="me", n="2"))
    body = house.vendors.calls[0].body
    assert b'name="user"\r\n\r\nme\r\n' not in body
    assert body.replace(b"up", b"m", 1)[: len("--xyz")] == b"--xyz"
    assert b'name="n"\r\n\r\n2\r\n' in body
    await ask(house, "/v1/images/generations", prompt="x", user="me")
    assert b'"me"' not in house.vendors.calls[1].body


@pytest.mark.parametrize("name", ["user", "safety_identifier"])
@pytest.mark.parametrize("value", [b"me", "m" * 65_537])
async def test_a_user_that_cannot_be_hidden_is_refused(name: str, value: str | bytes) -> None:
    house = passing(vendor={"tenant_id": None})
    body = form(model="m", image=FILE, **{name: value})
    client = await send(house, "/v1/images/edits", body)
    assert (client.status, error(client)["param"]) == (400, name)
    assert house.vendors.calls == []


@pytest.mark.parametrize(
    ("fields", "param", "message"),
    [
        ({"file": FILE}, "model", "model is missing; expected the name of a model."),
        ({"model": "m"}, "file", "file is missing; expected a file."),
        ({"model": "", "file": FILE}, "model", 'model is ""; expected the name of a model.'),
        ({"model": FILE, "file": FILE}, "model", "model is {}; expected the name of a model."),
        ({"model": "m", "file": FILE, "stream": "yes"}, "stream", "expected true or false"),
        ({"model": "m", "file": FILE, "api_base": "x"}, "api_base", "api_base is not accepted"),
        ({"model": "m", "file": FILE, "n": "129"}, "n", "n is 129; at most 128"),
    ],
)
async def test_a_form_is_judged_by_its_fields(
    fields: dict[str, str | bytes], param: str, message: str
) -> None:
    house = passing()
    client = await send(house, "/v1/audio/transcriptions", form(**fields))
    assert client.status == 400
    assert error(client)["param"] == param
    assert message in error(client)["message"]
    assert house.vendors.calls == []


@pytest.mark.parametrize(
    ("body", "content_type", "message"),
    [
        (b'{"model":"m"}', b"application/json", "must be multipart/form-data"),
        (form(model="m", file=FILE)[:-20], b"multipart/form-data; boundary=xyz", "cut short"),
        (form(model="m", file=FILE), b"multipart/form-data; boundary=abc", "does not begin with"),
        (form(model="m") + b"x", b"multipart/form-data; boundary=xyz", "malformed"),
    ],
)
async def test_what_is_no_form_is_refused(body: bytes, content_type: bytes, message: str) -> None:
    client = await send(passing(), "/v1/audio/transcriptions", body, content_type)
    assert client.status == 400
    assert message in error(client)["message"]


async def test_a_field_that_is_no_text_is_refused() -> None:
    body = form(model="m", file=FILE, language="x").replace(b"\r\n\r\nx\r\n", b"\r\n\r\n\xff\r\n")
    client = await send(passing(), "/v1/audio/transcriptions", body)
    assert error(client)["message"] == "language is not UTF-8 (byte 0)."


async def test_a_long_field_is_not_read() -> None:
    house = passing(Said(ANSWER))
    body = form(model="m", file=FILE, prompt="x" * 70_000)
    client = await send(house, "/v1/audio/transcriptions", body)
    assert client.status == 200
    assert house.vendors.calls[0].body == body.replace(b"\r\n\r\nm\r\n", b"\r\n\r\nup\r\n")


async def test_a_model_that_would_end_its_part_is_not_sent() -> None:
    house = passing()
    body = form(model="m", file=FILE).replace(b"xyz", b"up")
    # What `m` is called upstream is `up`, and so is the boundary.
    spec = provider_named("a--up")
    house.publish(**spec)
    client = await send(
        house, "/v1/audio/transcriptions", body, b"multipart/form-data; boundary=up"
    )
    assert client.status == 400
    assert "boundary" in error(client)["message"]


def provider_named(upstream: str) -> dict[str, object]:
    spec = provider(targets=(target(upstream=upstream, operations=OPERATIONS),))
    view = snapshot(key_spec(), providers=(spec,))
    prices = priced(msgspec.structs.replace(TOKENS, model=upstream))
    return {"providers": view.providers, "names": view.names, "prices": prices}


@pytest.mark.parametrize("operation", PASSED.values(), ids=lambda each: each.what)
async def test_a_model_must_have_the_operation_and_a_price(operation: Operation) -> None:
    path, what = operation.path, operation.what
    body = form(**FORM_FIELDS[what]) if what in FORM_FIELDS else b""
    for house, hint in (
        (passing(operations=OPERATIONS - {what}), "`operations` of the model"),
        (passing(at=None), "has no price for it"),
    ):
        client = await (send(house, path, body) if body else ask(house, path, **FIELDS[what]))
        assert client.status == 400
        assert error(client)["code"] == "unsupported_endpoint"
        assert hint in error(client)["message"]
        assert path in error(client)["message"]
        assert house.vendors.calls == []


@pytest.mark.parametrize(
    ("path", "per_call", "serves"),
    [
        ("/v1/images/generations", "images", True),
        ("/v1/images/generations", "seconds", False),
        ("/v1/images/generations", "requests", True),
        ("/v1/completions", "images", False),
        ("/v1/rerank", "web_search_calls", True),
        ("/v1/moderations", "requests", True),
    ],
)
async def test_a_price_must_say_what_one_of_these_costs(
    path: str, per_call: str, *, serves: bool
) -> None:
    house = passing(Said(ANSWER), at=price(per_call={per_call: "0.04"}))
    fields = next(FIELDS[each.what] for each in JSONS if each.path == path)
    client = await ask(house, path, **fields)
    assert (client.status == 200) is serves


async def test_a_key_may_be_kept_from_them() -> None:
    house = passing(key=key_spec(allowed_paths=("/v1/chat/*",)))
    client = await ask(house, "/v1/moderations", input="x")
    assert (client.status, error(client)["code"]) == (403, "path_not_allowed")

    house = passing(key=key_spec(scopes=frozenset({"embeddings"})))
    client = await ask(house, "/v1/moderations", input="x")
    assert (client.status, error(client)["code"]) == (403, "scope_missing")


async def test_sound_goes_on_as_it_comes() -> None:
    house = passing(Said(b"ID3", b"\xff\xfb", headers=AUDIO))

    client = await ask(house, "/v1/audio/speech", input="Hello", voice="alloy")

    assert client.status == 200
    assert client.headers[b"content-type"] == b"audio/mpeg"
    assert [message.get("body") for message in client.sent[1:]] == [b"ID3", b"\xff\xfb", b""]
    assert client.is_complete
    assert dict(house.vendors.calls[0].headers)["accept"] == "*/*"
    assert told_by(house)[1].outcome.status == "ok"


async def test_sound_that_breaks_off_has_no_end() -> None:
    house = passing(Said(b"ID3", Disconnected("reset", sent=True), headers=AUDIO))

    client = await ask(house, "/v1/audio/speech", input="Hello", voice="alloy")

    assert client.body == b"ID3"
    assert not client.is_complete
    final = told_by(house)[1]
    assert (final.outcome.status, final.outcome.terminated) == ("interrupted", "upstream")
    assert final.tokens.usage_source == "estimate"


async def test_sound_that_never_begins_is_asked_for_again() -> None:
    house = passing(
        Said(Disconnected("reset", sent=True), headers=AUDIO), Said(b"ID3", headers=AUDIO)
    )
    client = await ask(house, "/v1/audio/speech", input="Hello", voice="alloy")
    assert (client.status, client.body, client.is_complete) == (200, b"ID3", True)


async def test_of_an_answer_that_broke_off_not_even_its_type_is_left() -> None:
    house = passing(
        Said(Disconnected("reset", sent=True), headers=AUDIO), Said(SPOKEN, SAID, headers=SSE)
    )
    client = await ask(house, "/v1/audio/speech", input="Hello", stream_format="sse")
    assert client.headers[b"content-type"].startswith(b"text/event-stream")
    assert client.body == SPOKEN + SAID


async def test_no_sound_at_all_is_no_answer() -> None:
    house = passing(Said(headers=AUDIO))
    client = await ask(house, "/v1/audio/speech", input="Hello", voice="alloy")
    assert client.status == 502


async def test_too_much_sound_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.edge.questions.passing.STREAM_CAP_BYTES", 4)
    house = passing(Said(b"1234", b"5", headers=AUDIO))
    client = await ask(house, "/v1/audio/speech", input="Hello", voice="alloy")
    assert client.body == b"1234"
    assert not client.is_complete


async def test_sound_that_cannot_be_recorded_has_no_end() -> None:
    house = passing(Said(b"ID3", headers=AUDIO))
    house.notebook.waits, house.notebook.lasting = True, False
    client = await ask(house, "/v1/audio/speech", input="Hello", voice="alloy")
    assert client.body == b"ID3"
    assert not client.is_complete


@pytest.mark.parametrize("kind", ["text/plain; charset=utf-8", "text/vtt", "application/x-subrip"])
async def test_a_transcription_may_be_text(kind: str) -> None:
    house = passing(Said(b"Hello there", headers={"content-type": kind}))
    body = form(model="m", file=FILE, response_format="text")
    client = await send(house, "/v1/audio/transcriptions", body)
    assert (client.status, client.body) == (200, b"Hello there")
    assert client.headers[b"content-type"] == kind.encode()


@pytest.mark.parametrize("path", ["/v1/moderations", "/v1/audio/speech"])
async def test_a_page_is_no_answer(path: str) -> None:
    house = passing(Said(b"<html>", headers={"content-type": "text/html"}))
    client = await ask(house, path, input="x")
    assert client.status == 502
    assert b"<html>" not in client.body


TEXT = b'data: {"choices":[{"index":0,"text":"Hel","finish_reason":null}]}\n\n'
LAST = b'data: {"choices":[{"index":0,"text":"lo","finish_reason":"stop"}]}\n\n'
USAGE = b'data: {"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2}}\n\n'


async def test_a_completion_streams_as_a_chat_does() -> None:
    house = passing(Said(TEXT, LAST, USAGE, DONE, headers=SSE))
    client = await ask(house, "/v1/completions", prompt="x", stream=True)
    assert client.body == TEXT + LAST + DONE
    assert b'"stream_options":{"include_usage":true}' in house.vendors.calls[0].body
    final = told_by(house)[1]
    assert (final.tokens.in_fresh, final.tokens.out_text) == (5, 2)


async def test_a_completion_that_is_cut_short_is_counted_by_its_text() -> None:
    house = passing(Said(TEXT, TEXT, Disconnected("reset", sent=True), headers=SSE))
    client = await ask(house, "/v1/completions", prompt="x", stream=True)
    assert b'"error"' in client.body
    final = told_by(house)[1]
    assert (final.tokens.out_text, final.tokens.usage_source) == (2, "estimate")


PARTIAL = b'data: {"type":"image_generation.partial_image","b64_json":"AA=="}\n\n'
COMPLETED = (
    b'data: {"type":"image_generation.completed","b64_json":"AA==",'
    b'"usage":{"input_tokens":5,"output_tokens":2}}\n\n'
)


SPOKEN = b'data: {"type":"speech.audio.delta","audio":"AA=="}\n\n'
SAID = b'data: {"type":"speech.audio.done","usage":{"input_tokens":5,"output_tokens":2}}\n\n'


@pytest.mark.parametrize(
    ("path", "fields", "frames"),
    [
        ("/v1/images/generations", {"prompt": "x", "stream": True}, (PARTIAL, COMPLETED)),
        (
            "/v1/audio/speech",
            {"input": "x", "stream_format": "sse"},
            (SPOKEN, SAID),
        ),
    ],
)
async def test_events_of_media_go_on_as_they_come(
    path: str, fields: dict[str, object], frames: tuple[bytes, ...]
) -> None:
    house = passing(Said(*frames, headers=SSE))
    client = await ask(house, path, **fields)
    assert client.body == b"".join(frames)
    assert client.is_complete
    assert b"stream_options" not in house.vendors.calls[0].body
    final = told_by(house)[1]
    assert (final.tokens.in_fresh, final.tokens.out_text) == (5, 2)
    assert final.money.cost_certainty == "exact"


async def test_a_transcription_streams_where_its_form_says_so() -> None:
    said = b'"text":"Hi","usage":{"input_tokens":5,"output_tokens":2}'
    done = b'data: {"type":"transcript.text.done",' + said + b"}\n\n"
    delta = b'data: {"type":"transcript.text.delta","delta":"Hi"}\n\n'
    house = passing(Said(delta, done, headers=SSE))
    client = await send(
        house, "/v1/audio/transcriptions", form(model="m", file=FILE, stream="true")
    )
    assert client.body == delta + done


async def test_who_knows_no_streams_may_answer_at_once() -> None:
    house = passing(Said(b'{"text":"Hi","usage":{"input_tokens":5,"output_tokens":2}}'))
    body = form(model="m", file=FILE, stream="true")
    client = await send(house, "/v1/audio/transcriptions", body)
    assert client.headers[b"content-type"] == b"application/json"
    assert client.status == 200


async def test_an_error_of_the_vendor_arrives_as_it_is() -> None:
    said = b'{"error":{"message":"no","type":"invalid_request_error","param":null,"code":"x"}}'
    house = passing(Said(said, status=400))
    client = await ask(house, "/v1/images/generations", prompt="x")
    assert (client.status, client.body) == (400, said)
    assert told_by(house)[1].money.cost_nano == 0
