"""What a key may call: `/v1/models`, `/v1/models/{id}`, `/v1/providers` and their like."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from accounts.specs import KeySpec
from gateway.edge.errors import refusal
from gateway.edge.operations.surfaces import Found
from gateway.edge.pages.list_shapes import (
    MODELS,
    PAGES,
    Listed,
    asked_of,
    bedrock_profiles,
    shape_of,
)
from gateway.edge.stages.route import allows, may_reach, unknown_model
from gateway.snapshot.snapshot import Snapshot
from routing.names import BadReference, Match, checked

JSON: Final = msgspec.json.Encoder()
ADDRESSES_SCOPE: Final = "provider.read"  # of management keys


class ListRequest(msgspec.Struct, frozen=True, kw_only=True):
    headers: Mapping[bytes, bytes]
    query: bytes


def models_page(
    *, snapshot: Snapshot, key: KeySpec, now: float, found: Found, request: ListRequest
) -> bytes:
    rows = list(listed(snapshot=snapshot, key=key, now=now))
    page = PAGES[shape_of(found, request.headers, request.query)]
    return JSON.encode(page(rows, asked_of(request.query)))


def model_page(
    *, snapshot: Snapshot, key: KeySpec, now: float, found: Found, request: ListRequest
) -> bytes:
    row = _one(found.model, snapshot=snapshot, key=key, now=now)
    return JSON.encode(MODELS[shape_of(found, request.headers, request.query)](row))


def profiles_page(
    *, snapshot: Snapshot, key: KeySpec, now: float, found: Found, request: ListRequest
) -> bytes:
    del found, request
    return JSON.encode(bedrock_profiles(list(listed(snapshot=snapshot, key=key, now=now))))


def providers_page(*, snapshot: Snapshot, key: KeySpec, now: float) -> bytes:
    """With `api_base` where the key may read the tenant's providers; shared ones are not its."""
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
            row = {"id": provider.slug, "type": provider.kind, "models": models}
            if ADDRESSES_SCOPE in key.scopes and provider.tenant_id == key.tenant_id:
                row["api_base"] = provider.base_url or provider.surfaces[0].base_url
            rows.append(row)
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
    target = match.target
    return Listed(
        id=name,
        owner=match.provider.slug,
        display_name=target.public_name,
        created_at=target.created_at,
        input_limit=target.context_window,
        output_limit=target.target.max_tokens,
        operations=target.operations,
    )
