"""One official SDK for each dialect, streaming: what its user reads, piece by piece."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import Any, Final, NamedTuple

import boto3
import botocore
from anthropic import Anthropic
from botocore.config import Config
from openai import OpenAI

from protocols.ir import Dialect
from tests.clients.google_sdk import genai, types

QUESTION: Final = "Good morning to you"
TURN: Final[Any] = {"role": "user", "content": QUESTION}


class Where(NamedTuple):
    """The gateway, and what is sent with every request."""

    url: str
    key: str
    headers: Mapping[str, str] = {}
    # None: as the SDK comes.
    retries: int | None = 0

    @property
    def patience(self) -> dict[str, Any]:
        return {} if self.retries is None else {"max_retries": self.retries}


def openai_of(where: Where) -> OpenAI:
    return OpenAI(
        base_url=f"{where.url}/v1",
        api_key=where.key,
        default_headers=where.headers,
        **where.patience,
    )


def anthropic_of(where: Where) -> Anthropic:
    return Anthropic(
        base_url=where.url, api_key=where.key, default_headers=where.headers, **where.patience
    )


def google_of(where: Where) -> genai.Client:
    options: dict[str, Any] = {"base_url": where.url, "headers": dict(where.headers)}
    if where.retries is not None:
        options["retry_options"] = types.HttpRetryOptions(attempts=where.retries + 1)
    return genai.Client(api_key=where.key, http_options=types.HttpOptions(**options))


def bedrock_of(where: Where) -> Any:
    """The SDK signs, or sends nothing: the key goes into a header of its own."""
    told: dict[str, Any] = {"signature_version": botocore.UNSIGNED, "region_name": "us-east-1"}
    if where.retries is not None:
        told["retries"] = {"total_max_attempts": where.retries + 1}
    client: Any = boto3.client("bedrock-runtime", endpoint_url=where.url, config=Config(**told))

    def with_key(request: Any, **_: object) -> None:
        request.headers["x-api-key"] = where.key
        for name, value in where.headers.items():
            request.headers[name] = value

    client.meta.events.register("before-sign.bedrock-runtime", with_key)
    return client


def chat(where: Where, model: str) -> Iterator[str]:
    with openai_of(where) as client:
        for chunk in client.chat.completions.create(model=model, messages=[TURN], stream=True):
            yield from (choice.delta.content or "" for choice in chunk.choices)


def responses(where: Where, model: str) -> Iterator[str]:
    with openai_of(where) as client:
        for event in client.responses.create(model=model, input=QUESTION, stream=True):
            if event.type == "response.output_text.delta":
                yield event.delta


def messages(where: Where, model: str) -> Iterator[str]:
    with (
        anthropic_of(where) as client,
        client.messages.stream(model=model, max_tokens=500, messages=[TURN]) as stream,
    ):
        yield from stream.text_stream


def generate(where: Where, model: str) -> Iterator[str]:
    with google_of(where) as client:
        for chunk in client.models.generate_content_stream(model=model, contents=QUESTION):
            yield chunk.text or ""


def converse(where: Where, model: str) -> Iterator[str]:
    said = [{"role": "user", "content": [{"text": QUESTION}]}]
    with (
        closing(bedrock_of(where)) as client,
        closing(client.converse_stream(modelId=model, messages=said)["stream"]) as stream,
    ):
        for event in stream:
            yield event.get("contentBlockDelta", {}).get("delta", {}).get("text", "")


SPEAKERS: Final[Mapping[Dialect, Callable[[Where, str], Iterator[str]]]] = {
    "openai.chat": chat,
    "openai.responses": responses,
    "anthropic.messages": messages,
    "gemini.generate": generate,
    "bedrock.converse": converse,
}
# Of the vendors in `foreign`, the one that speaks the dialect.
OWN: Final[Mapping[Dialect, str]] = {
    "openai.chat": "chat",
    "openai.responses": "responses",
    "anthropic.messages": "messages",
    "gemini.generate": "gemini",
    "bedrock.converse": "bedrock",
}
