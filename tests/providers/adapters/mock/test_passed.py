"""What the mock answers to operations that are passed on."""

import base64
import zlib
from typing import Any

import msgspec
import pytest

from providers.adapters.mock.knobs import MODELS, operations_of
from providers.adapters.mock.passed import ANSWERS
from providers.adapters.mock.serving import PATHS, Call, respond
from providers.services.models import OPERATIONS
from tests.gateway.edge.passed import FILE, TYPE, form

WHERE = {what: path for path, (_, what) in PATHS.items()}


def heard(what: str, body: bytes, content_type: str = "application/json") -> tuple[str, bytes]:
    said = respond(
        Call(
            method="POST",
            path=WHERE[what],
            headers={"content-type": content_type},
            body=body,
            id="1",
            created=7,
        )
    )
    assert said.status == 200, b"".join(data for _, data in said.pieces)
    return dict(said.headers)["content-type"], b"".join(data for _, data in said.pieces)


def asked(what: str, model: str, **fields: Any) -> tuple[str, bytes]:
    return heard(what, msgspec.json.encode({"model": model, **fields}))


def answered(what: str, model: str, **fields: Any) -> Any:
    kind, body = asked(what, model, **fields)
    assert kind == "application/json"
    return msgspec.json.decode(body)


def events(what: str, model: str, **fields: Any) -> list[Any]:
    kind, body = asked(what, model, **fields)
    assert kind.startswith("text/event-stream")
    frames = body.removesuffix(b"data: [DONE]\n\n").split(b"\n\n")[:-1]
    return [msgspec.json.decode(frame.removeprefix(b"data: ")) for frame in frames]


def test_each_operation_has_a_model() -> None:
    assert {what for model in MODELS for what in operations_of(model)} == set(OPERATIONS)
    assert set(ANSWERS) <= set(WHERE)


def test_a_completion_says_the_prompt_again() -> None:
    said = answered("completions", "mock-echo", prompt="one two")
    assert said["choices"][0] == {
        "index": 0,
        "text": "one two",
        "logprobs": None,
        "finish_reason": "stop",
    }
    assert said["usage"] == {"prompt_tokens": 2, "completion_tokens": 2, "total_tokens": 4}
    assert "usage" not in answered("completions", "mock-echo;usage=missing", prompt="x")


def test_a_completion_streams_token_by_token() -> None:
    options = {"include_usage": True}
    chunks = events(
        "completions", "mock-echo", prompt="one two", stream=True, stream_options=options
    )
    assert [row["choices"][0]["text"] for row in chunks[:-1]] == ["one ", "two", ""]
    assert chunks[-1]["usage"]["total_tokens"] == 4
    assert len(events("completions", "mock-echo", prompt="one two", stream=True)) == 3


def test_bad_words_are_flagged() -> None:
    said = answered("moderations", "mock-moderate", input=["a nice day", "I hate it"])
    assert [row["flagged"] for row in said["results"]] == [False, True]
    assert len(answered("moderations", "mock-moderate", input="x")["results"]) == 1


def test_documents_are_ranked_by_their_words() -> None:
    fields = {"query": "red fox", "documents": ["blue sky", "the red fox", "red"]}
    said = answered("rerank", "mock-rerank", **fields)
    assert [row["index"] for row in said["results"]] == [1, 2, 0]
    assert said["usage"] == {"total_tokens": 8}
    said = answered("rerank", "mock-rerank;usage=missing", **fields, top_n=1)
    assert ([row["index"] for row in said["results"]], "usage" in said) == ([1], False)
    assert answered("rerank", "mock-rerank", query="x", documents=5)["results"] == []


def test_pictures_can_be_opened() -> None:
    said = answered("images", "mock-image", prompt="a red fox", n=2)
    assert len({row["b64_json"] for row in said["data"]}) == 2
    picture = base64.b64decode(said["data"][0]["b64_json"])
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    assert zlib.crc32(picture[12:29]).to_bytes(4, "big") == picture[29:33]
    assert (said["usage"]["input_tokens"], said["usage"]["output_tokens"]) == (3, 544)
    assert said == answered("images", "mock-image", prompt="a red fox", n=2)
    assert "usage" not in answered("images", "mock-image;usage=missing", prompt="x")


def test_a_form_edits_pictures() -> None:
    body = form(model="mock-image", image=FILE, prompt="x", n="3")
    _, said = heard("image_edits", body, TYPE.decode())
    assert len(msgspec.json.decode(said)["data"]) == 3


def test_pictures_stream() -> None:
    kinds = [row["type"] for row in events("images", "mock-image", prompt="x", stream=True)]
    assert kinds == ["image_generation.partial_image", "image_generation.completed"]


def test_sound_can_be_played() -> None:
    kind, body = asked("speech", "mock-speech", input="one two")
    assert kind == "audio/mpeg"
    assert len(body) == 2 * 8 * 417
    assert body.startswith(b"\xff\xfb\x90")
    kind, body = asked("speech", "mock-speech", input="one two", response_format="wav")
    assert (kind, body[:4], body[8:16]) == ("audio/wav", b"RIFF", b"WAVEfmt ")
    assert int.from_bytes(body[4:8], "little") == len(body) - 8
    assert int.from_bytes(body[40:44], "little") == len(body) - 44
    kind, body = asked("speech", "mock-speech", input="one", response_format="new")
    assert (kind, len(body)) == ("application/octet-stream", 9_600)


def test_sound_comes_as_events_where_they_are_asked_for() -> None:
    rows = events("speech", "mock-speech", input="one two", stream_format="sse")
    assert [row["type"] for row in rows] == ["speech.audio.delta"] * 2 + ["speech.audio.done"]
    assert rows[-1]["usage"]["total_tokens"] == 8
    rows = events("speech", "mock-speech;usage=missing", input="one", stream_format="sse")
    assert "usage" not in rows[-1]


@pytest.mark.parametrize(
    ("asks", "kind", "begins"),
    [
        ("text", "text/plain; charset=utf-8", b"33600 bytes of sound"),
        ("srt", "application/x-subrip; charset=utf-8", b"1\n00:00:00,000 --> 00:00:03,000\n"),
        ("vtt", "text/vtt; charset=utf-8", b"WEBVTT\n\n00:00:00.000 --> 00:00:03.000\n"),
        ("verbose_json", "application/json", b'{"task":"transcribe","duration":3'),
        ("json", "application/json", b'{"text":"33600 bytes of sound'),
    ],
)
def test_a_file_is_heard_in_each_form(asks: str, kind: str, begins: bytes) -> None:
    body = form(model="mock-transcribe", file=FILE[:33_600], response_format=asks)
    found, said = heard("transcriptions", body, TYPE.decode())
    assert found == kind
    assert said.startswith(begins)


def test_a_file_is_heard_as_events() -> None:
    body = form(model="mock-transcribe", file=FILE, stream="true")
    kind, said = heard("translations", body, TYPE.decode())
    assert kind.startswith("text/event-stream")
    assert said.rindex(b"transcript.text.done") > said.rindex(b"transcript.text.delta")
    body = form(model="mock-transcribe;usage=missing", file=FILE)
    assert b"usage" not in heard("transcriptions", body, TYPE.decode())[1]


@pytest.mark.parametrize(
    ("what", "body", "content_type", "message"),
    [
        ("images", b"[]", "application/json", "the body is no JSON object"),
        ("transcriptions", b"", TYPE.decode(), "does not begin with its boundary"),
        (
            "transcriptions",
            form(model="mock-transcribe", file="text"),
            TYPE.decode(),
            "file is missing",
        ),
        ("images", b'{"model":"mock-echo"}', "application/json", "does not do images"),
        ("images", b'{"model":"other"}', "application/json", "does not exist"),
        ("images", b'{"model":"mock-image;fail=503"}', "application/json", "told to fail"),
    ],
)
def test_what_is_wrong_is_told(what: str, body: bytes, content_type: str, message: str) -> None:
    said = respond(
        Call(
            method="POST",
            path=WHERE[what],
            headers={"content-type": content_type},
            body=body,
            id="1",
            created=7,
        )
    )
    assert said.status >= 400
    assert (
        message
        in msgspec.json.decode(b"".join(data for _, data in said.pieces))["error"]["message"]
    )


def test_a_model_may_be_silent() -> None:
    said = respond(
        Call(
            method="POST",
            path=WHERE["images"],
            headers={},
            body=b'{"model":"mock-image;hang=headers","prompt":"x"}',
            id="1",
            created=7,
        )
    )
    assert said.wait_s == float("inf")
