"""Writes on providers.

Rule 1: what changes where a provider's calls go makes its credentials wait for a confirmation.
Rule 2: a change of a parent is announced for its children, who inherit.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from msgspec import to_builtins

from accounts.access import Access
from accounts.actors import Actor
from accounts.errors import FieldProblem, Invalid, PermissionLacking, Refused
from accounts.services.changes import lock, record_created, save_changes
from providers.adapters.registry import ADAPTERS
from providers.compile import surfaces_of
from providers.inheritance import effective
from providers.models import Credential, Provider
from providers.ownership import PLATFORM, owned_by
from providers.selectors.providers import editable_providers
from providers.services.announcing import announce_provider
from providers.services.credentials import add_credential
from providers.services.models import add_model
from providers.services.provider_fields import checked_base_url, checked_fields, checked_slug
from providers.services.uses import uses_of

NOTICES: Final = "notices"


@transaction.atomic
def create_provider(*, actor: Actor, access: Access, fields: Mapping[str, Any]) -> Provider:
    """`parent` is an id; `credentials` and `models` may be nested."""
    given = dict(fields)
    nested = {name: given.pop(name, []) for name in ("credentials", "models")}
    platform = given.pop("platform", access.tenant is None)
    if platform and not access.holds(PLATFORM):
        raise PermissionLacking(PLATFORM)
    tenant = None if platform else access.the_tenant()
    parent = _parent(given.pop("parent", None), tenant_id=tenant.id if tenant else None)
    slug = checked_slug(given.pop("slug"), parent_slug=parent.slug if parent else "")
    kind = given.pop("kind", None) or (parent.kind if parent else "")
    if kind not in ADAPTERS:
        raise Invalid.one(
            field="kind", code="required", message=f"name a kind: {', '.join(sorted(ADAPTERS))}"
        )
    row = Provider(
        tenant=tenant,
        parent=parent,
        slug=slug,
        kind=kind,
        created_by_id=actor.user_id,
        **checked_fields({"base_url": "", **given}, kind=kind, access=access, platform=platform),
    )
    _require_base_url(row)
    _save_named(row)
    record_created(actor=actor, row=row, kind="provider", tenant_id=tenant.id if tenant else None)
    _add_nested(row, nested, actor=actor, access=access)
    return _with_notices(row, fields)


@transaction.atomic
def update_provider(
    *,
    actor: Actor,
    access: Access,
    provider_id: UUID,
    changes: Mapping[str, Any],
    expected_version: int | None = None,
) -> Provider:
    row = _locked(access=access, provider_id=provider_id, expected_version=expected_version)
    given = checked_fields(changes, kind=row.kind, access=access, platform=row.tenant_id is None)
    line = [row, *_children_of(row)]
    before = [_origins(one) for one in line]
    _save(row, actor=actor, verb="update", changes=given)
    _require_base_url(row)
    for one, known in zip(line, before, strict=True):
        if not _origins(one) <= known:
            _ask_for_confirmation(one)
    return _with_notices(row, changes)


@transaction.atomic
def enable_provider(
    *, actor: Actor, access: Access, provider_id: UUID, expected_version: int | None = None
) -> Provider:
    """Ends draining too."""
    row = _locked(access=access, provider_id=provider_id, expected_version=expected_version)
    _save(row, actor=actor, verb="enable", changes={"enabled": True, "draining": False})
    return row


@transaction.atomic
def disable_provider(
    *, actor: Actor, access: Access, provider_id: UUID, expected_version: int | None = None
) -> Provider:
    row = _locked(access=access, provider_id=provider_id, expected_version=expected_version)
    _save(row, actor=actor, verb="disable", changes={"enabled": False})
    return row


@transaction.atomic
def drain_provider(
    *, actor: Actor, access: Access, provider_id: UUID, expected_version: int | None = None
) -> Provider:
    """No new exchange; running ones finish."""
    row = _locked(access=access, provider_id=provider_id, expected_version=expected_version)
    _save(row, actor=actor, verb="drain", changes={"draining": True})
    return row


@transaction.atomic
def archive_provider(
    *,
    actor: Actor,
    access: Access,
    provider_id: UUID,
    expected_version: int | None = None,
    force: bool = False,
    confirm: str = "",
) -> None:
    """Gone for everybody, kept for the records; what uses it has to be named away or overruled."""
    row = _locked(access=access, provider_id=provider_id, expected_version=expected_version)
    used_by = uses_of(row)
    if used_by and not force:
        named = ", ".join(f"{use.kind} {use.name}" for use in used_by)
        raise Refused(
            "in_use", f"{row.slug} is used by {named}.", facts={"uses": to_builtins(used_by)}
        )
    if force and confirm != row.slug:
        raise Invalid.one(field="confirm", message=f"write the slug, {row.slug}, to be sure")
    now = timezone.now()
    for one in (row, *_children_of(row)):
        save_changes(
            actor=actor,
            row=one,
            kind="provider",
            verb="archive",
            tenant_id=one.tenant_id,
            changes={"archived_at": now},
        )


def _locked(*, access: Access, provider_id: UUID, expected_version: int | None) -> Provider:
    return lock(
        editable_providers(access=access), pk=provider_id, expected_version=expected_version
    )


def _save(row: Provider, *, actor: Actor, verb: str, changes: Mapping[str, Any]) -> None:
    version = row.version
    save_changes(
        actor=actor,
        row=row,
        kind="provider",
        verb=verb,
        tenant_id=row.tenant_id,
        changes=changes,
    )
    if row.version != version:
        for child in _children_of(row):
            announce_provider(child)


def _save_named(row: Provider) -> None:
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise Refused("name_taken", f"There is a provider {row.slug!r} already.") from None


def _parent(parent_id: UUID | None, *, tenant_id: UUID | None) -> Provider | None:
    if parent_id is None:
        return None
    rows = Provider.objects.filter(owned_by(tenant_id), archived_at=None)
    parent = rows.filter(pk=parent_id).first()
    if parent is None:
        raise Refused("not_found", "`parent` names no provider of the same owner.")
    if parent.parent_id is not None:
        raise Invalid.one(field="parent", message=f"{parent.slug} is a child itself")
    return parent


def _children_of(row: Provider) -> Sequence[Provider]:
    children = list(row.children.filter(archived_at=None).order_by("id"))
    for child in children:
        child.parent = row
    return children


def _require_base_url(row: Provider) -> None:
    if effective(row).base_url or ADAPTERS[row.kind].default_base_url:
        return
    raise Invalid.one(
        field="base_url", code="required", message=f"{row.kind} needs a base URL as https://…/v1"
    )


def _origins(row: Provider) -> set[str]:
    """Where credentials may be sent."""
    parts = (urlsplit(surface.base_url) for surface in surfaces_of(row.kind, holds=effective(row)))
    return {f"{part.scheme}://{part.netloc}" for part in parts}


def _ask_for_confirmation(row: Provider) -> None:
    """No audit row of its own: the change of the host, which is told, is the reason."""
    for credential in Credential.objects.select_for_update().filter(
        provider=row, needs_confirmation=False, sealed_secret__isnull=False
    ):
        credential.needs_confirmation = True
        credential.save(update_fields=["needs_confirmation"])


def _add_nested(row: Provider, nested: Mapping[str, Any], *, actor: Actor, access: Access) -> None:
    problems: list[FieldProblem] = []
    pool = nested["credentials"]
    if not pool and ADAPTERS[row.kind].credential_kinds == ("none",):
        pool = [{"name": "none", "kind": "none"}]
    for group, fields_of_each, add in (
        ("credentials", pool, add_credential),
        ("models", nested["models"], add_model),
    ):
        for position, fields in enumerate(fields_of_each):
            try:
                add(row, actor=actor, access=access, fields=fields)
            except Invalid as invalid:
                problems += [
                    FieldProblem(
                        field=f"{group}[{position}].{found.field}",
                        code=found.code,
                        message=found.message,
                    )
                    for found in invalid.problems
                ]
    if problems:
        raise Invalid(problems)


def _with_notices(row: Provider, fields: Mapping[str, Any]) -> Provider:
    """What was changed in a base URL as it was typed, for this one answer."""
    if "base_url" in fields:
        row.__dict__[NOTICES] = checked_base_url(fields["base_url"], kind=row.kind)[1]
    return row
