"""Lists of models as each dialect writes them. Pure.

Laws: the path decides the shape where it says whose client is asking, else the headers do; a list
without pages of its own is whole.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qs

from msgspec import Struct

from gateway.edge.errors import refusal
from gateway.edge.identity.possession import IN_QUERY
from gateway.edge.operations.surfaces import Found
from protocols.ir import Dialect

VERSION_HEADER: Final = b"anthropic-version"
GOOGLE_KEY: Final = b"x-goog-api-key"
MAX_LIMIT: Final = 1_000
LIMIT_CHARS: Final = 9
DEFAULT_LIMIT: Final = 20
GEMINI_LIMIT: Final = 50
SHOWN_CHARS: Final = 256
# What of Gemini's methods a model serves here, by what it does.
METHODS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("chat", ("generateContent", "streamGenerateContent", "countTokens")),
    ("embeddings", ("embedContent", "batchEmbedContents")),
)
ARN: Final = "arn:aws:bedrock:::"
Asked: TypeAlias = Mapping[str, str]


class Listed(Struct, frozen=True, kw_only=True):
    """One model under the name by which this key may ask for it."""

    id: str
    owner: str
    display_name: str
    created_at: int
    input_limit: int | None = None
    output_limit: int | None = None
    operations: frozenset[str] = frozenset()


def shape_of(found: Found, headers: Mapping[bytes, bytes], query: bytes) -> Dialect:
    if found.shape is not None:
        return found.shape
    if VERSION_HEADER in headers:
        return "anthropic.messages"
    if GOOGLE_KEY in headers or (query and IN_QUERY.search(query) is not None):
        return "gemini.generate"
    return "openai.chat"


def asked_of(query: bytes) -> Asked:
    return {name: values[-1] for name, values in parse_qs(query.decode("latin-1")).items()}


def openai_model(row: Listed) -> dict[str, Any]:
    return {"id": row.id, "object": "model", "created": row.created_at, "owned_by": row.owner}


def openai_page(rows: list[Listed], asked: Asked) -> dict[str, Any]:
    del asked
    return {"object": "list", "data": [openai_model(row) for row in rows]}


def anthropic_model(row: Listed) -> dict[str, Any]:
    created = datetime.fromtimestamp(row.created_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "type": "model",
        "id": row.id,
        "display_name": row.display_name,
        "created_at": created,
    }


def anthropic_page(rows: list[Listed], asked: Asked) -> dict[str, Any]:
    limit = _limit(asked, "limit", unsaid=DEFAULT_LIMIT)
    ids = [row.id for row in rows]
    if "before_id" in asked:
        end = _position(ids, asked["before_id"], field="before_id")
        start = max(0, end - limit)
        more = start > 0
    else:
        after = asked.get("after_id")
        start = 0 if after is None else _position(ids, after, field="after_id") + 1
        end = min(len(rows), start + limit)
        more = end < len(rows)
    page = rows[start:end]
    return {
        "data": [anthropic_model(row) for row in page],
        "has_more": more,
        "first_id": page[0].id if page else None,
        "last_id": page[-1].id if page else None,
    }


def gemini_model(row: Listed) -> dict[str, Any]:
    limits = {"inputTokenLimit": row.input_limit, "outputTokenLimit": row.output_limit}
    return {
        "name": f"models/{row.id}",
        "displayName": row.display_name,
        **{name: limit for name, limit in limits.items() if limit is not None},
        "supportedGenerationMethods": [
            method for does, methods in METHODS if does in row.operations for method in methods
        ],
    }


def gemini_page(rows: list[Listed], asked: Asked) -> dict[str, Any]:
    """The token of a page is the id after which it begins."""
    limit = _limit(asked, "pageSize", unsaid=GEMINI_LIMIT)
    ids = [row.id for row in rows]
    after = asked.get("pageToken")
    start = 0 if after is None else _position(ids, after, field="pageToken") + 1
    page = rows[start : start + limit]
    said: dict[str, Any] = {"models": [gemini_model(row) for row in page]}
    if start + limit < len(rows):
        said["nextPageToken"] = page[-1].id
    return said


def bedrock_model(row: Listed) -> dict[str, Any]:
    does_chat = "chat" in row.operations
    return {
        "modelArn": f"{ARN}foundation-model/{row.id}",
        "modelId": row.id,
        "modelName": row.display_name,
        "providerName": row.owner,
        "inputModalities": ["TEXT"],
        "outputModalities": ["TEXT" if does_chat else "EMBEDDING"],
        "responseStreamingSupported": does_chat,
        "inferenceTypesSupported": ["ON_DEMAND"],
        "modelLifecycle": {"status": "ACTIVE"},
    }


def bedrock_page(rows: list[Listed], asked: Asked) -> dict[str, Any]:
    del asked
    return {"modelSummaries": [bedrock_model(row) for row in rows]}


def bedrock_profiles(rows: list[Listed]) -> dict[str, Any]:
    """The same models, as whoever calls by a profile looks for them."""
    return {
        "inferenceProfileSummaries": [
            {
                "inferenceProfileId": row.id,
                "inferenceProfileName": row.display_name,
                "inferenceProfileArn": f"{ARN}inference-profile/{row.id}",
                "models": [{"modelArn": f"{ARN}foundation-model/{row.id}"}],
                "status": "ACTIVE",
                "type": "SYSTEM_DEFINED",
            }
            for row in rows
        ]
    }


PAGES: Final[Mapping[Dialect, Callable[[list[Listed], Asked], dict[str, Any]]]] = {
    "openai.chat": openai_page,
    "anthropic.messages": anthropic_page,
    "gemini.generate": gemini_page,
    "bedrock.converse": bedrock_page,
}
MODELS: Final[Mapping[Dialect, Callable[[Listed], dict[str, Any]]]] = {
    "openai.chat": openai_model,
    "anthropic.messages": anthropic_model,
    "gemini.generate": gemini_model,
    "bedrock.converse": bedrock_model,
}


def _limit(asked: Asked, field: str, *, unsaid: int) -> int:
    text = asked.get(field)
    if text is None:
        return unsaid
    is_number = text.isascii() and text.isdigit() and len(text) <= LIMIT_CHARS
    if not (is_number and 1 <= int(text) <= MAX_LIMIT):
        raise refusal(
            "invalid_request",
            f"{field} is {text[:SHOWN_CHARS]!r}; expected a number from 1 to {MAX_LIMIT}.",
            param=field,
        )
    return int(text)


def _position(ids: list[str], wanted: str, *, field: str) -> int:
    if wanted not in ids:
        raise refusal(
            "invalid_request",
            f"{field} is {wanted[:SHOWN_CHARS]!r}; that model is not listed.",
            param=field,
        )
    return ids.index(wanted)
