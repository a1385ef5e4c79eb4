"""`/v1/models`, `/v1/models/{id}`, `/v1/providers`: what a key may call, in the client's shape."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qs

import msgspec

from accounts.specs import KeySpec
from gateway.edge.errors import refusal
from gateway.edge.stages.route import allows, may_reach, unknown_model
from gateway.edge.surfaces import Found
from gateway.snapshot.snapshot import Snapshot
from routing.names import BadReference, Match, checked

VERSION_HEADER: Final = b"anthropic-version"
MAX_LIMIT: Final = 1_000
LIMIT_CHARS: Final = 9
DEFAULT_LIMIT: Final = 20
SHOWN_CHARS: Final = 256
JSON: Final = msgspec.json.Encoder()


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """One model under the name by which this key may ask for it."""

    id: str
    owner: str
    display_name: str
    created_at: int


def models_page(
    *, snapshot: Snapshot, key: KeySpec, now: float, found: Found, request: "ListRequest"
) -> bytes:
    rows = list(listed(snapshot=snapshot, key=key, now=now))
    if speaks_anthropic(found, request.headers):
        return JSON.encode(_anthropic_page(rows, query=request.query))
    return JSON.encode({"object": "list", "data": [_openai_model(row) for row in rows]})


class ListRequest(msgspec.Struct, frozen=True, kw_only=True):
    headers: Mapping[bytes, bytes]
    query: bytes


def model_page(
    *, snapshot: Snapshot, key: KeySpec, now: float, found: Found, request: ListRequest
) -> bytes:
    row = _one(found.model, snapshot=snapshot, key=key, now=now)
    anthropic = speaks_anthropic(found, request.headers)
    return JSON.encode(_anthropic_model(row) if anthropic else _openai_model(row))


def providers_page(*, snapshot: Snapshot, key: KeySpec, now: float) -> bytes:
    """`api_base` is for administrators, who read it in the console."""
    rows: list[dict[str, Any]] = []
    for provider in snapshot.names.providers(tenant_id=key.tenant_id, now=now):
        matches = [
            Match(provider=provider, target=target) for target in provider.targets if target.enabled
        ]
        models = [
            match.target.public_name
            for match in matches
            if _callable_name(match, key=key) is not None
        ]
        if models or provider.allow_unlisted_models:
            rows.append({"id": provider.slug, "type": provider.kind, "models": models})
    return JSON.encode({"object": "list", "data": rows})


def listed(*, snapshot: Snapshot, key: KeySpec, now: float) -> Iterator[Listed]:
    names = snapshot.names
    for match in names.listed(tenant_id=key.tenant_id, now=now):
        name = _callable_name(match, key=key)
        if name is not None:
            yield _row(name, match)
    for alias in names.aliases(tenant_id=key.tenant_id, now=now):
        matches = names.resolve(alias, tenant_id=key.tenant_id, now=now)
        if matches and allows(key, alias) and may_reach(key, matches[0]):
            yield _row(alias, matches[0])


def speaks_anthropic(found: Found, headers: Mapping[bytes, bytes]) -> bool:
    return found.anthropic or VERSION_HEADER in headers


def _one(name: str, *, snapshot: Snapshot, key: KeySpec, now: float) -> Listed:
    try:
        matches = snapshot.names.resolve(name, tenant_id=key.tenant_id, now=now)
    except BadReference as bad:
        raise refusal(
            "invalid_request",
            f"The model name is not valid: {bad}.",
            code="invalid_model",
            param="model",
        ) from None
    for match in matches:
        is_open = match.provider.enabled and match.target.enabled
        if is_open and may_reach(key, match) and allows(key, checked(name)):
            return _row(name, match)
    raise unknown_model(name, snapshot=snapshot, key=key, now=now)


def _callable_name(match: Match, *, key: KeySpec) -> str | None:
    """The qualified name, or the short one where the key is confined to that."""
    if not may_reach(key, match):
        return None
    return next(
        (name for name in (match.qualified, match.target.public_name) if allows(key, name)), None
    )


def _row(name: str, match: Match) -> Listed:
    return Listed(
        id=name,
        owner=match.provider.slug,
        display_name=match.target.public_name,
        created_at=match.target.created_at,
    )


def _openai_model(row: Listed) -> dict[str, Any]:
    return {"id": row.id, "object": "model", "created": row.created_at, "owned_by": row.owner}


def _anthropic_model(row: Listed) -> dict[str, Any]:
    created = datetime.fromtimestamp(row.created_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "type": "model",
        "id": row.id,
        "display_name": row.display_name,
        "created_at": created,
    }


def _anthropic_page(rows: list[Listed], *, query: bytes) -> dict[str, Any]:
    asked = {name: values[-1] for name, values in parse_qs(query.decode("latin-1")).items()}
    limit = _limit(asked.get("limit"))
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
        "data": [_anthropic_model(row) for row in page],
        "has_more": more,
        "first_id": page[0].id if page else None,
        "last_id": page[-1].id if page else None,
    }


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_LIMIT
    is_number = text.isascii() and text.isdigit() and len(text) <= LIMIT_CHARS
    if not (is_number and 1 <= int(text) <= MAX_LIMIT):
        raise refusal(
            "invalid_request",
            f"limit is {text[:SHOWN_CHARS]!r}; expected a number from 1 to {MAX_LIMIT}.",
            param="limit",
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
