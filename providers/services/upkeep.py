"""What is done again and again: states copied to rows, probes that are due, old checks forgotten.

Law: these are stamps, no changes of configuration: no audit row, no version, no announcement but
that of a provider's health.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
import redis
from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from msgspec import Struct

from accounts.ids import parse_id
from accounts.tenancy import platform_scope
from providers.kinds import MOCK
from providers.models import Credential, HealthCheck, Provider
from providers.services.announcing import announce_health
from providers.services.rotation import settle_rotation

# Written by the workers: credential id → what was last told of it.
STATES: Final = "sy:health:states"
REDIS_TIMEOUT_S: Final = 2.0
KEPT_FOR: Final = timedelta(days=7)


class Told(Struct, frozen=True, kw_only=True):
    """Times are seconds since 1970."""

    state: str
    at: float
    reason: str = ""
    until: float | None = None
    generation: int = 0


def copy_states() -> int:
    """Counts the rows that changed; what belongs to no credential any more is forgotten."""
    with redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=REDIS_TIMEOUT_S,
        socket_connect_timeout=REDIS_TIMEOUT_S,
    ) as client:
        told_of = {
            credential_id
            for field in _told(client)
            if (credential_id := parse_id(field.decode())) is not None
        }
        with platform_scope("copy what the workers told of credentials"):
            found = Credential.objects.select_for_update().filter(pk__in=told_of).order_by("pk")
            rows = {str(row.pk).encode(): row for row in found}
            # Once nobody else can write the rows, so that newer words are not overwritten.
            told = _told(client)
            changed = [row for key, row in rows.items() if key in told and _copy(row, told[key])]
            for provider_id, tenant_id in {(row.provider_id, row.tenant_id) for row in changed}:
                announce_health(provider_id=provider_id, tenant_id=tenant_id)
            settle_rotation({row.provider_id for row in changed})
        if gone := [str(pk) for pk in told_of if str(pk).encode() not in rows]:
            client.hdel(STATES, *gone)
    return len(changed)


def _told(client: "redis.Redis") -> Mapping[bytes, bytes]:
    found: Any = client.hgetall(STATES)
    values: Mapping[bytes, bytes] = found
    return values


def _copy(row: Credential, value: bytes) -> bool:
    """Not what was told of a secret before the current one."""
    try:
        told = msgspec.json.decode(value, type=Told)
    except msgspec.DecodeError:
        return False
    if told.generation < row.generation:
        return False
    alive = told.state == "active"
    at = _moment(told.at)
    fresh: dict[str, Any] = {
        "state": told.state,
        "state_reason": told.reason[:200],
        "state_until": _moment(told.until),
        "last_error": row.last_error if alive else told.reason[:300],
        "last_ok_at": at if alive else row.last_ok_at,
    }
    differing = {name: new for name, new in fresh.items() if getattr(row, name) != new}
    for name, new in differing.items():
        setattr(row, name, new)
    if differing:
        row.save(update_fields=list(differing))
    return bool(differing)


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, tz=UTC)


def forget_old_checks() -> int:
    with platform_scope("forget old health checks"):
        old = HealthCheck.objects.filter(at__lt=timezone.now() - KEPT_FOR)
        return int(old.delete()[0])


def claim_probes() -> Sequence[UUID]:
    """Providers whose probe is due; each is named once per interval, whoever asks."""
    with platform_scope("probe the providers that are due"):
        rows = Provider.objects.exclude(health_mode=Provider.HealthMode.PASSIVE)
        return _claim(
            rows, stamp="probed_at", every=lambda row: timedelta(seconds=row.health_interval_s)
        )


def claim_discoveries() -> Sequence[UUID]:
    with platform_scope("ask the providers that are due for their models"):
        rows = Provider.objects.exclude(discovery_mode=Provider.DiscoveryMode.OFF)
        return _claim(
            rows, stamp="discovered_at", every=lambda row: timedelta(hours=row.discovery_interval_h)
        )


def _claim(
    rows: QuerySet[Provider], *, stamp: str, every: Callable[[Provider], timedelta]
) -> Sequence[UUID]:
    now, due = timezone.now(), []
    alive = rows.filter(archived_at=None, enabled=True).exclude(kind=MOCK)
    for row in alive.select_for_update(skip_locked=True):
        last = getattr(row, stamp)
        if last is None or now - last >= every(row):
            setattr(row, stamp, now)
            row.save(update_fields=[stamp])
            due.append(row.pk)
    return due
