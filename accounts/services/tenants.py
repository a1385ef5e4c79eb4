"""Writes on tenants: settings by their owners and admins, the rest by superadmins."""

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.access import Access
from accounts.actors import Actor
from accounts.errors import Invalid, Refused
from accounts.models import Tenant
from accounts.models.tenants import TAG_KEY
from accounts.regions import is_time_zone
from accounts.services.changes import lock, record_created, save_changes
from accounts.tenancy import platform_scope


def create_tenant(*, actor: Actor, fields: Mapping[str, Any]) -> Tenant:
    """By a superadmin; told in the platform's chain."""
    _check(fields)
    with platform_scope("create a tenant"):
        tenant = Tenant(created_by_id=actor.user_id, **fields)
        try:
            with transaction.atomic():
                tenant.save(force_insert=True)
        except IntegrityError:
            raise Refused("name_taken", f"There is a tenant {tenant.slug!r} already.") from None
        record_created(actor=actor, row=tenant, kind="tenant", tenant_id=None)
        return tenant


@transaction.atomic
def update_own_tenant(
    *,
    actor: Actor,
    access: Access,
    changes: Mapping[str, Any],
    expected_version: int | None = None,
) -> Tenant:
    """Told in the tenant's own chain."""
    _check(changes)
    tenant = lock(
        Tenant.objects.all(), pk=access.the_tenant().id, expected_version=expected_version
    )
    save_changes(
        actor=actor,
        row=tenant,
        kind="tenant",
        verb="update",
        tenant_id=tenant.id,
        changes=changes,
    )
    return tenant


def update_tenant(
    *,
    actor: Actor,
    tenant_id: UUID,
    changes: Mapping[str, Any],
    verb: str = "update",
    expected_version: int | None = None,
) -> Tenant:
    """By a superadmin; told in the platform's chain."""
    _check(changes)
    with platform_scope("a superadmin changes a tenant"):
        tenant = lock(Tenant.objects.all(), pk=tenant_id, expected_version=expected_version)
        save_changes(
            actor=actor, row=tenant, kind="tenant", verb=verb, tenant_id=None, changes=changes
        )
        return tenant


def suspend_tenant(*, actor: Actor, tenant_id: UUID, expected_version: int | None = None) -> Tenant:
    return update_tenant(
        actor=actor,
        tenant_id=tenant_id,
        changes={"status": Tenant.Status.SUSPENDED},
        verb="suspend",
        expected_version=expected_version,
    )


def resume_tenant(*, actor: Actor, tenant_id: UUID, expected_version: int | None = None) -> Tenant:
    return update_tenant(
        actor=actor,
        tenant_id=tenant_id,
        changes={"status": Tenant.Status.ACTIVE},
        verb="resume",
        expected_version=expected_version,
    )


def _check(fields: Mapping[str, Any]) -> None:
    zone = fields.get("reporting_tz")
    if zone is not None and not is_time_zone(zone):
        raise Invalid.one(
            field="reporting_tz", message=f"{zone!r} is no time zone; write one as Europe/Berlin"
        )
    tag_keys = fields.get("tag_keys", [])
    for tag_key in tag_keys:
        if re.match(TAG_KEY, tag_key) is None:
            message = f"{tag_key!r} is no key of tags; use letters, digits and ._-"
            raise Invalid.one(field="tag_keys", message=message)
        if tag_keys.count(tag_key) > 1:
            raise Invalid.one(field="tag_keys", message=f"{tag_key!r} is there twice")
