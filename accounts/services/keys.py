"""Writes on virtual keys.

Rule 1: a full key exists in one return value and nowhere else; stored is its peppered digest.
Rule 2: revoked is final.
Rule 3: a management key is created, edited and rotated only by someone who holds all of its scopes,
and who either owns it or manages all keys.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts import keys
from accounts.access import Access
from accounts.actors import Actor
from accounts.audit import record
from accounts.errors import Invalid, Refused
from accounts.models import ApiKey, ApiKeySecret
from accounts.peppers import current_pepper
from accounts.selectors.keys import live_secrets, public_id_in, visible_keys
from accounts.services.changes import (
    announce,
    lock,
    record_created,
    save_changes,
    target_of,
)
from accounts.services.key_fields import (
    DEFAULT_CLIENT_SCOPES,
    checked_fields,
    checked_scopes,
)
from accounts.services.key_owners import checked_owner, checked_team, refuse_acting_for

MAX_OVERLAP_S: Final = 86_400
MAX_LIVE_SECRETS: Final = 2
MAX_TAGS: Final = 200  # of a key, however they came to it
# What a clone does not take over.
OWN_TO_ONE_KEY: Final = frozenset(
    {
        "id",
        "version",
        "created_at",
        "updated_at",
        "created_by",
        "tenant",
        "public_id",
        "status",
        "last_used_at",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedKey:
    """The row and, this once, the full key."""

    key: ApiKey
    value: str

    def __repr__(self) -> str:
        return f"IssuedKey(key={self.key.public_id}, value=***)"


@transaction.atomic
def issue_key(*, actor: Actor, access: Access, fields: Mapping[str, Any]) -> IssuedKey:
    """`owner` and `team` are ids; without `owner` the key belongs to who creates it."""
    tenant = access.the_tenant()
    given = {"kind": ApiKey.Kind.CLIENT, "environment": ApiKey.Environment.LIVE, **fields}
    owner_id = given.pop("owner", access.user_id)
    team_id = given.pop("team", None)
    stored = checked_fields(given, tenant=tenant)
    stored["scopes"] = _scopes(stored.get("scopes"), kind=stored["kind"], access=access)
    owner = checked_owner(owner_id, access=access, team_id=team_id, kind=stored["kind"])
    team = checked_team(team_id, access=access)
    minted = keys.mint(environment=stored["environment"])
    key = ApiKey(
        tenant=tenant,
        public_id=minted.public_id,
        owner=owner,
        team=team,
        created_by_id=actor.user_id,
        **stored,
    )
    key.save(force_insert=True)
    _add_secret(key, minted)
    record_created(actor=actor, row=key, kind="key", tenant_id=key.tenant_id)
    return IssuedKey(key=key, value=minted.value)


def update_key(
    *,
    actor: Actor,
    access: Access,
    key_id: str,
    changes: Mapping[str, Any],
    expected_version: int | None = None,
) -> ApiKey:
    """`status` may be active or disabled here; revoking has its own call."""
    with transaction.atomic():
        key = _locked(key_id, access=access, expected_version=expected_version)
        _refuse_revoked(key)
        _refuse_out_of_reach(key, access=access)
        given = dict(changes)
        if "owner" in given or "team" in given:
            owner_id = given.pop("owner", key.owner_id)
            team_id = given.pop("team", key.team_id)
            given["owner"] = checked_owner(owner_id, access=access, team_id=team_id, kind=key.kind)
            given["team"] = checked_team(team_id, access=access)
        stored = checked_fields(given, tenant=key.tenant)
        if "scopes" in stored:
            stored["scopes"] = _scopes(stored["scopes"], kind=key.kind, access=access)
        save_changes(
            actor=actor, row=key, kind="key", verb="update", tenant_id=key.tenant_id, changes=stored
        )
        return key


def disable_key(
    *, actor: Actor, access: Access, key_id: str, expected_version: int | None = None
) -> ApiKey:
    """Repeating it changes nothing."""
    return _set_status(
        actor=actor,
        access=access,
        key_id=key_id,
        verb="disable",
        expected_version=expected_version,
    )


def enable_key(
    *, actor: Actor, access: Access, key_id: str, expected_version: int | None = None
) -> ApiKey:
    return _set_status(
        actor=actor,
        access=access,
        key_id=key_id,
        verb="enable",
        expected_version=expected_version,
    )


def revoke_key(
    *, actor: Actor, access: Access, key_id: str, expected_version: int | None = None
) -> ApiKey:
    """Final; repeating it changes nothing."""
    return _set_status(
        actor=actor,
        access=access,
        key_id=key_id,
        verb="revoke",
        expected_version=expected_version,
    )


STATUS_AFTER: Final = {
    "disable": ApiKey.Status.DISABLED,
    "enable": ApiKey.Status.ACTIVE,
    "revoke": ApiKey.Status.REVOKED,
}


@transaction.atomic
def _set_status(
    *, actor: Actor, access: Access, key_id: str, verb: str, expected_version: int | None
) -> ApiKey:
    key = _locked(key_id, access=access, expected_version=expected_version)
    if verb == "enable":
        _refuse_revoked(key)
        _refuse_out_of_reach(key, access=access)
    if key.status != ApiKey.Status.REVOKED:
        save_changes(
            actor=actor,
            row=key,
            kind="key",
            verb=verb,
            tenant_id=key.tenant_id,
            changes={"status": STATUS_AFTER[verb]},
        )
    return key


@transaction.atomic
def rotate_key(
    *,
    actor: Actor,
    access: Access,
    key_id: str,
    overlap_s: int,
    expected_version: int | None = None,
) -> IssuedKey:
    """Adds a secret; the one before stays valid for the overlap. Id, limits and history stay."""
    checked_overlap(overlap_s)
    key = key_to_arm(key_id, access=access, expected_version=expected_version)
    now = timezone.now()
    live = live_secrets(key, now=now)
    # Without overlap only the new secret lives on, so a leak is answered whatever runs.
    if overlap_s and len(live) >= MAX_LIVE_SECRETS:
        raise Refused("rotation_running")
    ends_at = now + timedelta(seconds=overlap_s)
    old_suffixes = [secret.suffix for secret in live]
    ApiKeySecret.objects.filter(key=key, expires_at__lte=now).delete()
    ApiKeySecret.objects.filter(key=key).update(expires_at=ends_at)
    minted = keys.mint(environment=_environment(key), public_id=key.public_id)
    _add_secret(key, minted)
    key.save(update_fields=["updated_at"])
    record(
        actor=actor,
        action="key.rotate",
        target=target_of(key, kind="key"),
        tenant_id=key.tenant_id,
        before={"suffixes": old_suffixes},
        after={"suffix": minted.suffix, "old_secret_ends_at": ends_at},
    )
    announce(kind="key", row_id=key.pk, tenant_id=key.tenant_id)
    return IssuedKey(key=_reread(key, access=access), value=minted.value)


def checked_overlap(overlap_s: int) -> None:
    if not 0 <= overlap_s <= MAX_OVERLAP_S:
        raise Invalid.one(
            field="overlap_s", message=f"{overlap_s} is not within 0 to {MAX_OVERLAP_S}"
        )


def key_to_arm(key_id: str, *, access: Access, expected_version: int | None) -> ApiKey:
    """Locked; one that may be given another secret."""
    key = _locked(key_id, access=access, expected_version=expected_version)
    _refuse_revoked(key)
    _refuse_out_of_reach(key, access=access)
    return key


@transaction.atomic
def clone_key(*, actor: Actor, access: Access, key_id: str, name: str = "") -> IssuedKey:
    """A new key with the same settings and a secret of its own."""
    source = _locked(key_id, access=access, expected_version=None)
    _refuse_out_of_reach(source, access=access)
    checked_owner(source.owner_id, access=access, team_id=source.team_id, kind=source.kind)
    checked_team(source.team_id, access=access)
    minted = keys.mint(environment=_environment(source))
    kept = {
        field.attname: getattr(source, field.attname)
        for field in ApiKey._meta.concrete_fields  # noqa: SLF001 - Django's documented meta API
        if field.name not in OWN_TO_ONE_KEY
    }
    kept["name"] = name or f"{source.name[:113]} (copy)"
    clone = ApiKey(
        tenant_id=source.tenant_id, public_id=minted.public_id, created_by_id=actor.user_id, **kept
    )
    clone.save(force_insert=True)
    _add_secret(clone, minted)
    record_created(actor=actor, row=clone, kind="key", tenant_id=clone.tenant_id)
    return IssuedKey(key=clone, value=minted.value)


@transaction.atomic
def change_many(
    *, actor: Actor, access: Access, action: str, key_ids: list[str], tags: list[str]
) -> list[ApiKey]:
    """disable, revoke or tag; all or nothing, told by one audit row."""
    public_ids = {public_id_in(key_id) for key_id in key_ids}
    rows = list(
        visible_keys(access=access)
        .filter(public_id__in=public_ids)
        .select_for_update(of=("self",))
        .order_by("id")
    )
    if len(rows) != len(public_ids):
        raise Refused("not_found", "At least one of `ids` names no key.")
    changed = [key for key in rows if _change_one(key, action=action, tags=tags)]
    if not changed:
        return rows
    for key in changed:
        key.save()
        announce(kind="key", row_id=key.pk, tenant_id=key.tenant_id)
    first = changed[0]
    record(
        actor=actor,
        action=f"key.bulk_{action}",
        target=target_of(first, kind="key"),
        tenant_id=first.tenant_id,
        after={
            "keys": [f"key_{key.public_id}" for key in changed],
            **({"tags": tags} if action == "tag" else {}),
        },
    )
    return rows


def _change_one(key: ApiKey, *, action: str, tags: list[str]) -> bool:
    if key.status == ApiKey.Status.REVOKED:
        return False
    before = (key.status, list(key.tags))
    if action == "tag":
        key.tags = _with_tags(key, tags)
    else:
        key.status = STATUS_AFTER[action]
    return (key.status, key.tags) != before


def _with_tags(key: ApiKey, tags: list[str]) -> list[str]:
    together = list(dict.fromkeys([*key.tags, *tags]))
    if len(together) > max(MAX_TAGS, len(key.tags)):
        raise Invalid.one(
            field="tags",
            message=f"key_{key.public_id} would have {len(together)} tags; {MAX_TAGS} are the most",
        )
    return together


def _locked(key_id: str, *, access: Access, expected_version: int | None) -> ApiKey:
    return lock(
        visible_keys(access=access),
        public_id=public_id_in(key_id),
        expected_version=expected_version,
    )


def _reread(key: ApiKey, *, access: Access) -> ApiKey:
    return visible_keys(access=access).get(pk=key.pk)


def _add_secret(key: ApiKey, minted: keys.MintedKey) -> None:
    pepper = current_pepper()
    ApiKeySecret(
        tenant_id=key.tenant_id,
        key=key,
        digest=keys.digest(value=minted.value, pepper=pepper),
        pepper_id=keys.pepper_id(pepper),
        suffix=minted.suffix,
    ).save(force_insert=True)


def _environment(key: ApiKey) -> keys.Environment:
    return "test" if key.environment == ApiKey.Environment.TEST else "live"


def _refuse_revoked(key: ApiKey) -> None:
    if key.status == ApiKey.Status.REVOKED:
        raise Refused("key_is_revoked")


def _scopes(scopes: list[str] | None, *, kind: str, access: Access) -> list[str]:
    if scopes is None and kind == ApiKey.Kind.CLIENT:
        return list(DEFAULT_CLIENT_SCOPES)
    if not scopes and kind == ApiKey.Kind.MANAGEMENT:
        raise Invalid.one(
            field="scopes",
            code="required",
            message="a management key names the capabilities it holds",
        )
    checked = checked_scopes(scopes or [], kind=kind)
    _refuse_wider_scopes(checked, kind=kind, access=access)
    return checked


def _refuse_out_of_reach(key: ApiKey, *, access: Access) -> None:
    refuse_acting_for(key.owner_id, access=access, kind=key.kind)
    _refuse_wider_scopes(key.scopes, kind=key.kind, access=access)


def _refuse_wider_scopes(scopes: list[str], *, kind: str, access: Access) -> None:
    wider = sorted(set(scopes) - access.capabilities)
    if kind == ApiKey.Kind.MANAGEMENT and wider:
        raise Refused("scope_too_wide", f"You do not hold {', '.join(wider)}.")


def disable_keys_of(*, tenant_id: UUID, owner_id: UUID) -> list[ApiKey]:
    """Part of removing a member, whose audit row tells it."""
    rows = ApiKey.objects.filter(
        tenant_id=tenant_id, owner_id=owner_id, status=ApiKey.Status.ACTIVE
    )
    disabled = list(rows.select_for_update(of=("self",)))
    for key in disabled:
        key.status = ApiKey.Status.DISABLED
        key.save(update_fields=["status"])
        announce(kind="key", row_id=key.pk, tenant_id=key.tenant_id)
    return disabled
