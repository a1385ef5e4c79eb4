"""OpenAI's operations that are passed on, by its SDK: through the gateway as without it."""

import socketserver
import threading
import wave
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any, Final

import httpx2
import openai
import pytest
from openai import OpenAI

from tests.clients.kept import Keep
from tests.clients.management import Model
from tests.clients.stack import Stack

SOUND: Final = b"\xff\xfb\x90\xc4" + bytes(40_000)
FILE: Final = ("speech.mp3", SOUND, "audio/mpeg")
CHANGING: Final = {"id", "created", "_request_id"}


@pytest.fixture
def through(bare_stack: Stack, keep: Keep) -> OpenAI:
    key = bare_stack.key.value
    return keep(OpenAI(base_url=f"{bare_stack.url}/v1", api_key=key, max_retries=0))


@pytest.fixture
def straight(mock_url: str, keep: Keep) -> OpenAI:
    return keep(OpenAI(base_url=f"{mock_url}/v1", api_key="none", max_retries=0))


def plain(result: Any) -> Any:
    return {k: v for k, v in result.model_dump().items() if k not in CHANGING}


def completion(client: OpenAI) -> Any:
    return plain(client.completions.create(model="mock-echo", prompt="one two"))


def completion_stream(client: OpenAI) -> Any:
    events = client.completions.create(model="mock-echo", prompt="one two", stream=True)
    return [plain(event) for event in events]


def moderation(client: OpenAI) -> Any:
    return plain(client.moderations.create(model="mock-moderate", input=["hate", "love"]))


def pictures(client: OpenAI) -> Any:
    return plain(client.images.generate(model="mock-image", prompt="a fox", n=2))


def pictures_stream(client: OpenAI) -> Any:
    events = client.images.generate(
        model="mock-image", prompt="a fox", stream=True, partial_images=1
    )
    return [event.model_dump() for event in events]


def edited(client: OpenAI) -> Any:
    file = ("a.png", b"\x89PNG", "image/png")
    return plain(client.images.edit(model="mock-image", image=[file, file], prompt="a fox"))


def speech(client: OpenAI) -> Any:
    made = client.audio.speech.create(model="mock-speech", voice="alloy", input="one two three")
    return made.content, made.response.headers["content-type"]


def speech_stream(client: OpenAI) -> Any:
    making = client.audio.speech.with_streaming_response.create(
        model="mock-speech", voice="alloy", input="one two three"
    )
    with making as made:
        return b"".join(made.iter_bytes())


def transcription(client: OpenAI) -> Any:
    return client.audio.transcriptions.create(model="mock-transcribe", file=FILE).model_dump()


def subtitles(client: OpenAI) -> Any:
    return client.audio.transcriptions.create(
        model="mock-transcribe", file=FILE, response_format="srt"
    )


def transcription_stream(client: OpenAI) -> Any:
    events = client.audio.transcriptions.create(model="mock-transcribe", file=FILE, stream=True)
    return [event.model_dump() for event in events]


def translation(client: OpenAI) -> Any:
    with pytest.deprecated_call():  # by the SDK, not by the API
        return client.audio.translations.create(model="mock-transcribe", file=FILE).model_dump()


def rerank(client: OpenAI) -> Any:
    body = {"model": "mock-rerank", "query": "red fox", "documents": ["sky", "the red fox"]}
    said = client.post("/rerank", body=body, cast_to=dict[str, Any])
    return {k: v for k, v in said.items() if k not in CHANGING}


CALLS: Final = [
    completion,
    completion_stream,
    moderation,
    pictures,
    pictures_stream,
    edited,
    speech,
    speech_stream,
    transcription,
    subtitles,
    transcription_stream,
    translation,
    rerank,
]


@pytest.mark.parametrize("call", CALLS)
def test_results_are_the_vendor_s_own(
    through: OpenAI, straight: OpenAI, call: Callable[[OpenAI], Any]
) -> None:
    result = call(through)
    assert result == call(straight)
    assert result


def test_sound_can_be_played(through: OpenAI) -> None:
    made = through.audio.speech.create(
        model="mock-speech", voice="alloy", input="one two", response_format="wav"
    )
    with wave.open(BytesIO(made.content)) as sound:
        assert (sound.getframerate(), sound.getnframes()) == (24_000, 9_600)


def test_what_a_model_does_not_do_is_told_with_the_setting(through: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        through.images.generate(model="mock-echo", prompt="x")
    assert refused.value.code == "unsupported_endpoint"
    assert "`operations`" in refused.value.message


def test_a_vendor_s_error_is_one_here(through: OpenAI) -> None:
    with pytest.raises(openai.RateLimitError):
        through.images.generate(model="mock-image;fail=429", prompt="x")


def test_knobs_stand_in_the_name_of_these_models_too(through: OpenAI) -> None:
    made = through.images.with_raw_response.generate(model="mock-image;usage=missing", prompt="x")
    assert made.parse().usage is None
    # A picture of 1,056 tokens, at three dollars a million, and some bytes of a request.
    cost = float(made.headers["x-switchyard-cost-usd"])
    assert 0.003168 <= cost < 0.0033


class CutShort(socketserver.StreamRequestHandler):
    """Says half of what it has to say, and hangs up."""

    def handle(self) -> None:
        while self.rfile.readline() not in {b"\r\n", b""}:
            pass
        head = b"HTTP/1.1 200 OK\r\ncontent-type: audio/mpeg\r\ntransfer-encoding: chunked\r\n\r\n"
        self.wfile.write(head + b"3\r\nID3\r\n")


@pytest.fixture
def cut_short(bare_stack: Stack) -> Iterator[str]:
    with socketserver.TCPServer(("127.0.0.1", 0), CutShort) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        bare_stack.management.provider(
            slug="cut",
            kind="openai",
            base_url=f"http://127.0.0.1:{server.server_address[1]}/v1",
            secrets=["sk-good"],
            models=[Model(name="tts", operations=("speech",))],
        )
        bare_stack.management.price(provider="cut", model="tts", rates={"in_fresh": "15"})
        # Changes come in their order: who knows what came after the price knows the price.
        bare_stack.management.provider(
            slug="later",
            kind="openai",
            base_url="http://127.0.0.1:9/v1",
            secrets=["sk-good"],
            models=[Model(name="m")],
        )
        bare_stack.management.wait_until_callable("later.m", key=bare_stack.key)
        yield "cut.tts"
        server.shutdown()
        serving.join()


def test_sound_that_breaks_off_is_no_whole_answer(through: OpenAI, cut_short: str) -> None:
    making = through.audio.speech.with_streaming_response.create(
        model=cut_short, voice="alloy", input="one two three"
    )
    heard: list[bytes] = []
    with making as made, pytest.raises(httpx2.RemoteProtocolError):
        heard += made.iter_bytes()
    assert b"".join(heard) in {b"", b"ID3"}
