"""The SDKs read recorded answers of vendors through the gateway as they read them straight."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any, Final

import httpx
import msgspec
import pytest
from anthropic import Anthropic
from anthropic import Stream as AnthropicStream
from anthropic.types import Message, RawMessageStreamEvent
from openai import OpenAI, Stream
from openai.types import CreateEmbeddingResponse
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from tests.clients.stack import Stack
from tests.protocols.corpus import CORPUS, Record, needs_corpus, records

pytestmark = needs_corpus

CORPUS_KEY: Final = "sk-corpus"
Said = dict[str, Any]
# How an SDK asks for what a recording asked for.
Ask = Callable[[str, str, Said], Any]


class Replay:
    """The corpus' own server, as a program."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._client = httpx.Client(base_url=url, trust_env=False)

    def next(self, exchange_id: str) -> None:
        self._client.post("/_corpus/queue", json={"ids": [exchange_id]}).raise_for_status()

    def close(self) -> None:
        self._client.close()


@pytest.fixture(scope="module")
def replay() -> Iterator[Replay]:
    command = [sys.executable, str(CORPUS / "replay_server.py"), "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        started = Replay(msgspec.json.decode(process.stdout.readline())["listening"])
        yield started
        started.close()
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


@pytest.fixture(scope="module")
def corpus_stack(bare_stack: Stack, replay: Replay) -> Stack:
    bare_stack.vendor("recorded-openai", url=replay.url, kind="openai", secrets=[CORPUS_KEY])
    bare_stack.vendor("recorded-anthropic", url=replay.url, kind="anthropic", secrets=[CORPUS_KEY])
    return bare_stack


def chat(url: str, key: str, body: Said) -> Any:
    with OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0) as client:
        if not body.get("stream"):
            return client.post("/chat/completions", body=body, cast_to=ChatCompletion).model_dump(
                warnings=False
            )
        events = client.post(
            "/chat/completions",
            body=body,
            cast_to=ChatCompletionChunk,
            stream=True,
            stream_cls=Stream[ChatCompletionChunk],
        )
        asked = (body.get("stream_options") or {}).get("include_usage")
        return [event.model_dump(warnings=False) for event in events if event.choices or asked]


def embeddings(url: str, key: str, body: Said) -> Any:
    with OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0) as client:
        return client.post("/embeddings", body=body, cast_to=CreateEmbeddingResponse).model_dump(
            warnings=False
        )


def messages(url: str, key: str, body: Said) -> Any:
    with Anthropic(base_url=url, api_key=key, max_retries=0) as client:
        if not body.get("stream"):
            return client.post("/v1/messages", body=body, cast_to=Message).model_dump(
                warnings=False
            )
        events = client.post(
            "/v1/messages",
            body=body,
            cast_to=Message,
            stream=True,
            stream_cls=AnthropicStream[RawMessageStreamEvent],
        )
        return [event.model_dump(warnings=False) for event in events]


@pytest.mark.parametrize(
    ("api", "slug", "ask"),
    [
        ("openai.chat", "recorded-openai", chat),
        ("openai.embeddings", "recorded-openai", embeddings),
        ("anthropic.messages", "recorded-anthropic", messages),
    ],
)
def test_recorded_answers_are_read_alike(
    corpus_stack: Stack, replay: Replay, api: str, slug: str, ask: Ask
) -> None:
    found = [record for record in records(api) if record.response.status == httpx.codes.OK]
    assert found
    for record in found:
        body = asked_by(record)
        replay.next(record.id)
        straight = ask(replay.url, CORPUS_KEY, body)
        replay.next(record.id)
        named = {**body, "model": f"{slug}.{body['model']}"}
        through = ask(corpus_stack.url, corpus_stack.key.value, named)
        assert through == straight, record.id


def asked_by(record: Record) -> Said:
    body: Said = msgspec.json.decode(record.request.json)
    return body
