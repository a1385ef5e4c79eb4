"""Calls to vendors from the control plane: Test, health checks, lists of models.

Rule 1: no transaction is open while a vendor is asked: prepare, ask and note are three steps.
Rule 2: a credential that waits for a confirmation is sent nowhere.
"""

import asyncio
from collections.abc import Coroutine, Mapping
from time import monotonic
from typing import Any, Final, TypeVar
from uuid import UUID

import httpx
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from msgspec import Struct

from accounts.access import Access
from accounts.actors import Actor
from accounts.errors import Invalid, Refused
from providers import probing
from providers.adapters.base import DiscoveredModel, UnreadableModels, VerdictClass
from providers.adapters.bound import NO_CREDENTIAL, CallFailed, Reply
from providers.adapters.headers import HeaderRefused
from providers.adapters.registry import ADAPTERS
from providers.addresses import RefusedAddress
from providers.compile import compile_credential, compile_provider
from providers.models import Credential, HealthCheck, Provider
from providers.secrets import Secret
from providers.selectors.credentials import ACTIVE, is_usable, state_of
from providers.selectors.providers import editable_provider
from providers.services.announcing import announce_health, record_changes
from providers.services.credentials import FIELD, TABLE, checked_secret, new_chance
from providers.services.provider_fields import checked_base_url, checked_headers, checked_part
from providers.services.refusals import ADDRESS_REFUSED
from providers.services.rotation import settle_rotation
from providers.services.vault import vault_from_setting
from providers.specs import CredentialSpec, ProviderSpec
from providers.transport import configured_transport

# What a vendor answers that works; what lists no models may work all the same.
ALIVE: Final[frozenset[VerdictClass]] = frozenset({"ok", "rate_limited"})
LISTS_NOTHING: Final[frozenset[VerdictClass]] = frozenset({"model_missing", "client_error"})
UNREACHABLE: Final = (
    httpx.TransportError, RefusedAddress, TimeoutError, OSError, HeaderRefused, UnreadableModels,
)  # fmt: skip
DETAIL: Final = 300

Said = TypeVar("Said")


class Subject(Struct, frozen=True, kw_only=True):
    """A provider with one of its credentials, opened."""

    provider: ProviderSpec
    credential: CredentialSpec = NO_CREDENTIAL
    secret: Secret | None = None


class Outcome(Struct, frozen=True, kw_only=True):
    """What one check found."""

    mode: str
    ok: bool
    latency_ms: int
    status: int | None = None
    detail: str = ""


# --- prepare ----------------------------------------------------------------------------------


def draft(fields: Mapping[str, Any]) -> Subject:
    """A form that was not saved; Invalid names what is wrong with it."""
    kind = fields["kind"]
    adapter = ADAPTERS[kind]
    base_url, _ = checked_base_url(fields.get("base_url", ""), kind=kind)
    if not (base_url or adapter.default_base_url):
        raise Invalid.one(field="base_url", code="required", message="name a base URL")
    given = fields.get("secret")
    credential = CredentialSpec(
        id="",
        name="",
        kind=fields.get("credential_kind") or ("api_key" if given else "none"),
        header=fields.get("header", ""),
    )
    if credential.kind == "header" and not credential.header:
        raise Invalid.one(field="header", code="required", message="name the header")
    return Subject(
        provider=ProviderSpec(
            id="",
            slug=kind,
            name=kind,
            kind=kind,
            base_url=base_url,
            region=checked_part("region", fields.get("region", "")),
            surfaces=adapter.surfaces(base_url or adapter.default_base_url),
            headers=checked_headers(fields.get("headers", {})),
        ),
        credential=credential,
        secret=Secret(checked_secret(given)) if given else None,
    )


def stored(*, access: Access, provider_id: UUID, credential_id: UUID | None = None) -> Subject:
    """Of those the caller may change; without a credential named, the first that serves."""
    row = editable_provider(access=access, provider_id=provider_id)
    credential = _named(row, credential_id) if credential_id else _first(row)
    if credential is None:
        return Subject(provider=compile_provider(row))
    return Subject(
        provider=compile_provider(row),
        credential=compile_credential(credential),
        secret=_opened(credential),
    )


def _named(row: Provider, credential_id: UUID) -> Credential:
    credential = row.credentials.filter(pk=credential_id).first()
    if credential is None:
        raise Refused("not_found")
    if credential.needs_confirmation:
        raise Refused("not_confirmed")
    return credential


def _first(row: Provider) -> Credential | None:
    """One that serves; else one that is out, for a good answer brings it back."""
    now = timezone.now()
    pool = sorted(
        row.credentials.filter(enabled=True, needs_confirmation=False),
        key=lambda one: (not is_usable(one, now=now), one.priority, one.created_at),
    )
    return pool[0] if pool else None


def _opened(row: Credential) -> Secret | None:
    if row.sealed_secret is None:
        return None
    return vault_from_setting(settings.KEY_ENCRYPTION_KEY).open(
        blob=bytes(row.sealed_secret),
        table=TABLE,
        row=str(row.pk),
        field=FIELD,
        tenant_id=row.tenant_id,
    )


# --- ask --------------------------------------------------------------------------------------


def try_out(subject: Subject, *, model: str = "") -> probing.Report:
    """Every step by itself; Invalid where the address is not allowed."""
    try:
        return _run(
            probing.try_connection(
                subject.provider,
                transport=configured_transport(proxy_url=subject.provider.proxy_url),
                credential=subject.credential,
                secret=subject.secret,
                model=model,
            )
        )
    except RefusedAddress as refused:
        raise Invalid.one(field="base_url", code=ADDRESS_REFUSED, message=str(refused)) from None


def check(subject: Subject, *, mode: str, model: str = "") -> Outcome:
    """Never raises: what fails is what was found."""
    by_completion = mode == Provider.HealthMode.COMPLETION and bool(model)
    began = monotonic()
    status, detail = None, ""
    try:
        reply: Reply = _run(
            probing.check_health(
                subject.provider,
                transport=configured_transport(proxy_url=subject.provider.proxy_url),
                credential=subject.credential,
                secret=subject.secret,
                model=model if by_completion else "",
            )
        )
        good = ALIVE if by_completion else ALIVE | LISTS_NOTHING
        ok, status = reply.verdict.cls in good, reply.status
        detail = "" if ok else f"{reply.verdict.cls}: status {reply.status}"
    except UNREACHABLE as error:
        ok, detail = False, str(error) or type(error).__name__
    return Outcome(
        mode=Provider.HealthMode.COMPLETION if by_completion else Provider.HealthMode.MODELS,
        ok=ok,
        latency_ms=round((monotonic() - began) * 1_000),
        status=status,
        detail=detail[:DETAIL],
    )


def listed(subject: Subject) -> list[DiscoveredModel]:
    """Raises upstream_failed with what went wrong."""
    try:
        return list(
            _run(
                probing.fetch_models(
                    subject.provider,
                    transport=configured_transport(proxy_url=subject.provider.proxy_url),
                    credential=subject.credential,
                    secret=subject.secret,
                )
            )
        )
    except CallFailed as failed:
        told = f"The vendor answered with status {failed.reply.status}."
        raise Refused("upstream_failed", told) from None
    except UNREACHABLE as error:
        raise Refused("upstream_failed", str(error) or type(error).__name__) from None


def _run(asking: Coroutine[Any, Any, Said]) -> Said:
    return asyncio.run(asking)


# --- note -------------------------------------------------------------------------------------


@transaction.atomic
def note_test(*, actor: Actor, access: Access, subject: Subject, ok: bool) -> None:
    """A provider that passed is verified, and its credential is as good as new."""
    if not ok:
        return
    row = editable_provider(access=access, provider_id=UUID(subject.provider.id))
    row.verified_at = timezone.now()
    row.save(update_fields=["verified_at"])
    _bring_back(row, subject, actor=actor)


@transaction.atomic
def note_check(*, actor: Actor, access: Access, subject: Subject, outcome: Outcome) -> HealthCheck:
    row = editable_provider(access=access, provider_id=UUID(subject.provider.id))
    found = HealthCheck(
        tenant_id=row.tenant_id,
        provider=row,
        mode=outcome.mode,
        ok=outcome.ok,
        latency_ms=outcome.latency_ms,
        status=outcome.status,
        detail=outcome.detail,
    )
    found.save(force_insert=True)
    announce_health(provider_id=row.pk, tenant_id=row.tenant_id)
    if outcome.ok:
        _bring_back(row, subject, actor=actor)
    settle_rotation([row.pk])
    return found


def _bring_back(row: Provider, subject: Subject, *, actor: Actor) -> None:
    """Only what is still the credential that was asked with, and only when it was out."""
    asked_with = subject.credential
    if not asked_with.id:
        return
    rows = Credential.objects.select_for_update().filter(provider=row, enabled=True)
    credential = rows.filter(pk=UUID(asked_with.id), generation=asked_with.generation).first()
    if credential is None or state_of(credential) == ACTIVE:
        return
    credential.provider = row
    record_changes(
        actor=actor, row=credential, action="credential.reset", changes=new_chance(credential)
    )
