"""Writes on aliases and on the default model.

Laws: an alias never leads back to itself and never takes more steps than a request may; a name
stands for one thing per owner.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from accounts.actors import Actor
from accounts.errors import Invalid, Refused
from accounts.services.changes import delete_row, lock, record_created, save_changes
from routing.models import Alias, RoutingSettings
from routing.names import DEFAULT_WORDS, MAX_HOPS, WILDCARD, BadReference, checked
from routing.selectors import NOT_SET, aliases_of, owned_by, platform_aliases


@transaction.atomic
def create_alias(*, actor: Actor, tenant_id: UUID | None, fields: Mapping[str, Any]) -> Alias:
    """`tenant_id` None: the platform's, for superadmins."""
    row = Alias(tenant_id=tenant_id, created_by_id=actor.user_id, **fields)
    _check(row)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise _name_taken(row.name) from None
    record_created(actor=actor, row=row, kind="alias", tenant_id=tenant_id)
    return row


@transaction.atomic
def update_alias(
    *,
    actor: Actor,
    tenant_id: UUID | None,
    alias_id: UUID,
    changes: Mapping[str, Any],
    expected_version: int | None = None,
) -> Alias:
    row: Alias = lock(_owned(tenant_id), pk=alias_id, expected_version=expected_version)
    wanted = Alias(
        id=row.id,
        tenant_id=tenant_id,
        name=changes.get("name", row.name),
        to=changes.get("to", row.to),
    )
    _check(wanted)
    try:
        with transaction.atomic():
            save_changes(
                actor=actor,
                row=row,
                kind="alias",
                verb="update",
                tenant_id=tenant_id,
                changes=changes,
            )
    except IntegrityError:
        raise _name_taken(wanted.name) from None
    return row


@transaction.atomic
def delete_alias(
    *,
    actor: Actor,
    tenant_id: UUID | None,
    alias_id: UUID,
    expected_version: int | None = None,
) -> None:
    row = lock(_owned(tenant_id), pk=alias_id, expected_version=expected_version)
    delete_row(actor=actor, row=row, kind="alias", tenant_id=tenant_id)


@transaction.atomic
def set_default_model(
    *,
    actor: Actor,
    tenant_id: UUID | None,
    default_model: str,
    expected_version: int | None = None,
) -> RoutingSettings:
    """Empty: the platform's default holds."""
    _check_reference(default_model, field="default_model")
    if default_model in DEFAULT_WORDS:
        raise Invalid.one(field="default_model", message=f"{default_model!r} is what it explains")
    RoutingSettings.objects.bulk_create(
        [RoutingSettings(tenant_id=tenant_id, version=NOT_SET)], ignore_conflicts=True
    )
    # Where nothing was set, that is the version people have read.
    rows = RoutingSettings.objects.filter(owned_by(tenant_id))
    row = lock(rows, expected_version=expected_version)
    save_changes(
        actor=actor,
        row=row,
        kind="routing_settings",
        verb="update",
        tenant_id=tenant_id,
        changes={"default_model": default_model},
    )
    return row


def _owned(tenant_id: UUID | None) -> QuerySet[Alias]:
    return Alias.objects.filter(owned_by(tenant_id))


def _check(alias: Alias) -> None:
    _check_reference(alias.name, field="name")
    _check_reference(alias.to, field="to")
    if not alias.name or WILDCARD in alias.name[:-1] or alias.name in DEFAULT_WORDS:
        raise Invalid.one(
            field="name",
            message="a model name; it may end in *, has none elsewhere, and is not default or auto",
        )
    if not alias.to or WILDCARD in alias.to:
        raise Invalid.one(field="to", message="a model name without *")
    _check_chain(alias)


def _check_reference(name: str, *, field: str) -> None:
    try:
        checked(name)
    except BadReference as bad:
        raise Invalid.one(field=field, message=str(bad)) from None


def _check_chain(alias: Alias) -> None:
    """Follows the names as a request would, the owner's before the platform's."""
    known = dict(platform_aliases())
    if alias.tenant_id is not None:
        known |= dict(aliases_of(tenant_id=alias.tenant_id, without=alias.id))
    known[alias.name] = alias.to
    seen = [alias.name]
    step = alias.to
    while step in known and step not in seen:
        seen.append(step)
        step = known[step]
    way = " → ".join([*seen, step])
    if step in seen:
        raise Invalid.one(field="to", code="alias_cycle", message=f"leads in a circle: {way}")
    if len(seen) > MAX_HOPS:
        raise Invalid.one(
            field="to", code="alias_too_long", message=f"takes more than {MAX_HOPS} steps: {way}"
        )


def _name_taken(name: str) -> Refused:
    return Refused("name_taken", f"There is an alias named {name!r} already.")
