"""The mock as a server: method and path to an answer, in the vendors' own paths. Pure."""

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import Struct

from protocols.errors import Problem
from protocols.ir import Dialect
from protocols.registry import NATIVE
from providers.adapters.mock.answers import JSON, Answer, Asked, answer
from providers.adapters.mock.knobs import MODELS

MODELS_PATH: Final = "/v1/models"
# Below `mock:` and below the address of `switchyard mock`.
PATHS: Final[Mapping[str, tuple[Dialect, str]]] = {
    "/v1/chat/completions": ("openai.chat", "chat"),
    "/v1/embeddings": ("openai.embeddings", "embeddings"),
    "/v1/messages": ("anthropic.messages", "chat"),
    "/v1/messages/count_tokens": ("anthropic.messages", "count_tokens"),
}
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


def respond(call: Call) -> Answer:
    if call.path == MODELS_PATH:
        if call.method != "GET":
            return _nothing(call, NOT_ALLOWED)
        return _listed(anthropic="anthropic-version" in call.headers)
    if call.path not in PATHS:
        return _nothing(call, NOT_FOUND)
    if call.method != "POST":
        return _nothing(call, NOT_ALLOWED)
    dialect, operation = PATHS[call.path]
    asked = Asked(
        dialect=dialect, operation=operation, body=call.body, id=call.id, created=call.created
    )
    return answer(asked)


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
