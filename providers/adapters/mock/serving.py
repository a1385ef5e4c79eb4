"""The mock as a server: method and path to an answer, in the vendors' own paths. Pure."""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote

import msgspec
from msgspec import Struct

from protocols.codec import Head
from protocols.errors import Problem
from protocols.ir import Dialect
from protocols.registry import NATIVE
from providers.adapters.json_api import ANSWER, METHODS, MODEL
from providers.adapters.mock.answers import JSON, Answer, Asked, answer
from providers.adapters.mock.invoking import invoked
from providers.adapters.mock.knobs import MODELS
from providers.adapters.mock.memory import Memory

MODELS_PATH: Final = "/v1/models"
# Below `mock:` and below the address of `switchyard mock`.
PATHS: Final[dict[str, tuple[Dialect, str]]] = {
    "/v1/chat/completions": ("openai.chat", "chat"),
    "/v1/completions": ("openai.chat", "completions"),
    "/v1/moderations": ("openai.chat", "moderations"),
    "/v1/rerank": ("openai.chat", "rerank"),
    "/v1/images/generations": ("openai.chat", "images"),
    "/v1/images/edits": ("openai.chat", "image_edits"),
    "/v1/audio/speech": ("openai.chat", "speech"),
    "/v1/audio/transcriptions": ("openai.chat", "transcriptions"),
    "/v1/audio/translations": ("openai.chat", "translations"),
    "/v1/responses": ("openai.responses", "chat"),
    "/v1/responses/input_tokens": ("openai.responses", "count_tokens"),
    "/v1/responses/compact": ("openai.responses", "compact"),
    "/v1/embeddings": ("openai.embeddings", "embeddings"),
    "/v1/messages": ("anthropic.messages", "chat"),
    "/v1/messages/count_tokens": ("anthropic.messages", "count_tokens"),
    "/v1beta/models/{model}:generateContent": ("gemini.generate", "chat"),
    "/v1beta/models/{model}:streamGenerateContent?alt=sse": ("gemini.generate", "chat_stream"),
    "/v1beta/models/{model}:countTokens": ("gemini.generate", "count_tokens"),
    "/v1beta/models/{model}:batchEmbedContents": ("gemini.generate", "embeddings"),
    "/model/{model}/converse": ("bedrock.converse", "chat"),
    "/model/{model}/converse-stream": ("bedrock.converse", "chat_stream"),
    "/model/{model}/count-tokens": ("bedrock.converse", "count_tokens"),
}
# What only a vendor on a cloud has: not among what the mock itself is called by.
INVOKED: Final[dict[str, tuple[Dialect, str]]] = {
    "/model/{model}/invoke": ("anthropic.messages", "invoke"),
    "/model/{model}/invoke-with-response-stream": ("anthropic.messages", "invoke_stream"),
}
INVOKE: Final = "invoke"
# About answers that are kept: several at one path.
KEPT_PATHS: Final[dict[str, str]] = {
    "retrieve_response": "/v1/responses/{answer}",
    "delete_response": "/v1/responses/{answer}",
    "list_input_items": "/v1/responses/{answer}/input_items",
    "cancel_response": "/v1/responses/{answer}/cancel",
}
KEPT: Final = tuple(
    (re.compile(re.escape(path).replace(re.escape(ANSWER), "([^/]+)")), what)
    for what, path in KEPT_PATHS.items()
)
STREAM: Final = "_stream"
PATTERNS: Final = tuple(
    (re.compile(re.escape(path.partition("?")[0]).replace(re.escape(MODEL), "(.+)")), spoken)
    for path, spoken in (PATHS | INVOKED).items()
    if MODEL in path
)
BORN: Final = 1_767_225_600  # 2026-01-01
BORN_AT: Final = "2026-01-01T00:00:00Z"
NOT_FOUND: Final = 404
NOT_ALLOWED: Final = 405


class Call(Struct, frozen=True, kw_only=True):
    method: str
    path: str  # without a query
    headers: Mapping[str, str]  # names in lower case
    body: bytes
    id: str  # different for every call
    created: int  # seconds since 1970
    memory: Memory = msgspec.field(default_factory=Memory)


def respond(call: Call) -> Answer:
    if call.path == MODELS_PATH:
        if call.method != "GET":
            return _nothing(call, NOT_ALLOWED)
        return _listed(anthropic="anthropic-version" in call.headers)
    if (about := _about(call)) is not None:
        return about
    found = _found(call.path)
    if found is None:
        return _nothing(call, NOT_FOUND)
    if call.method != "POST":
        return _nothing(call, NOT_ALLOWED)
    (dialect, operation), head = found
    asked = Asked(
        dialect=dialect,
        operation=operation.removesuffix(STREAM),
        body=call.body,
        id=call.id,
        created=call.created,
        memory=call.memory,
        head=head,
        content_type=call.headers.get("content-type", JSON),
    )
    return invoked(asked) if asked.operation == INVOKE else answer(asked)


def _about(call: Call) -> Answer | None:
    """Of an answer that the path names; None where it names none."""
    if call.path in PATHS:
        return None
    found = {
        METHODS.get(what, "POST"): (what, match[1])
        for pattern, what in KEPT
        if (match := pattern.fullmatch(call.path)) is not None
    }
    if not found:
        return None
    if call.method not in found:
        return _nothing(call, NOT_ALLOWED)
    what, id_ = found[call.method]
    asked = Asked(
        dialect="openai.responses",
        operation=what,
        body=call.body,
        id=call.id,
        created=call.created,
        memory=call.memory,
        kept_id=id_,
    )
    return answer(asked)


def _found(path: str) -> tuple[tuple[Dialect, str], Head] | None:
    """What is under a path, and what the path itself says."""
    if path in PATHS:
        return PATHS[path], Head()
    for pattern, spoken in PATTERNS:
        match = pattern.fullmatch(path)
        if match:
            return spoken, Head(model=unquote(match[1]), stream=spoken[1].endswith(STREAM))
    return None


def _listed(*, anthropic: bool) -> Answer:
    if anthropic:
        rows: list[dict[str, object]] = [
            {"id": name, "type": "model", "display_name": name, "created_at": BORN_AT}
            for name in MODELS
        ]
        ends = {"has_more": False, "first_id": MODELS[0], "last_id": MODELS[-1]}
        return _json(200, {"data": rows, **ends})
    rows = [{"id": name, "object": "model", "created": BORN, "owned_by": "mock"} for name in MODELS]
    return _json(200, {"object": "list", "data": rows})


def _nothing(call: Call, status: int) -> Answer:
    problem = Problem(
        kind="not_found", message=f"The mock has no {call.method} {call.path}.", status=status
    )
    encoded = NATIVE["openai.chat"].encode_error(problem, f"req_{call.id}")
    return Answer(status=status, headers=encoded.headers, pieces=((0.0, encoded.body),))


def _json(status: int, value: object) -> Answer:
    body = msgspec.json.encode(value)
    return Answer(status=status, headers=(("content-type", JSON),), pieces=((0.0, body),))
