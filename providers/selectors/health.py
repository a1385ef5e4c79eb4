"""How providers are: from probes, and from the states of credentials that workers told.

Rule 1: three bad probes in a row are down, two good ones end that; a credential that served after
the last probe ends it too.
Rule 2: without one usable credential a provider is down, whatever its probes say.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, DateTimeField, F, Func, OuterRef, Q, Value
from django.utils import timezone
from msgspec import Struct

from accounts.tenancy import platform_scope
from providers.kinds import MOCK
from providers.models import Credential, HealthCheck, Provider, UpstreamModel
from providers.selectors.credentials import is_usable

CELLS: Final = 60
CELL: Final = timedelta(minutes=5)
DOWN, DEGRADED, OK = 0, 1, 2
RECENT: Final = 10
BAD_PROBES: Final = 3
GOOD_PROBES: Final = 2
PROBES_FAIL: Final = ("down", "probe_failed")


class CredentialCount(Struct, frozen=True, kw_only=True):
    total: int = 0
    healthy: int = 0
    last_ok_at: datetime | None = None
    changes_at: datetime | None = None  # when one of them is let in or out by the clock


class Status(Struct, frozen=True, kw_only=True):
    state: str
    reason: str = ""
    latency_ms: int | None = None
    last_ok_at: datetime | None = None


def with_health(rows: Sequence[Provider]) -> list[Provider]:
    """The rows with `models_enabled` and `cells` beside what `with_status` gives."""
    ids, now = [row.pk for row in rows], timezone.now()
    models, cells = _models_enabled(ids), _cells(ids, now=now)
    for row in with_status(rows):
        row.__dict__.update(models_enabled=models.get(row.pk, 0), cells=cells[row.pk])
    return list(rows)


def with_status(rows: Sequence[Provider]) -> list[Provider]:
    """The rows with `status` and `credential_count`."""
    ids, now = [row.pk for row in rows], timezone.now()
    counts, checks = _credential_counts(ids, now=now), _recent_checks(ids)
    for row in rows:
        count = counts.get(row.pk, CredentialCount())
        row.__dict__.update(
            status=status_of(row, count=count, checks=checks.get(row.pk, ())),
            credential_count=count,
        )
    return list(rows)


def status_of(row: Provider, *, count: CredentialCount, checks: Sequence[HealthCheck]) -> Status:
    """`checks` are the newest ones, newest first."""
    latest = checks[0] if checks else None
    good = [check.at for check in checks if check.ok]
    known = [at for at in (count.last_ok_at, *good[:1]) if at is not None]
    state, reason = _state(row, count=count, checks=checks)
    return Status(
        state=state,
        reason=reason,
        latency_ms=latest.latency_ms if latest else None,
        last_ok_at=max(known, default=None),
    )


def _state(
    row: Provider, *, count: CredentialCount, checks: Sequence[HealthCheck]
) -> tuple[str, str]:
    if not row.enabled or (row.parent is not None and not row.parent.enabled):
        return "disabled", "disabled"
    if not count.healthy:
        return "down", "no_usable_credential" if count.total else "no_credential"
    if row.kind == MOCK:
        return "healthy", "simulated"
    served = count.last_ok_at
    if not checks and served is None:
        return "unknown", "not_checked"
    if _is_down(checks) and (served is None or served < checks[0].at):
        return PROBES_FAIL
    if count.healthy < count.total:
        return "degraded", "credentials_out"
    if checks and not checks[0].ok:
        return "degraded", "probe_failed"
    return "healthy", "draining" if row.draining else ""


def _is_down(checks: Sequence[HealthCheck]) -> bool:
    down, run, last = False, 0, True
    for check in reversed(checks):
        run, last = (run + 1 if check.ok == last else 1), check.ok
        if run >= (GOOD_PROBES if last else BAD_PROBES):
            down = not last
    return down


def overall(rows: Iterable[Provider]) -> str:
    """The worst state that matters: what is switched off by hand does not."""
    states = {_status(row).state for row in rows}
    return next((state for state in ("down", "degraded", "unknown") if state in states), "healthy")


def counts_for_anyone() -> dict[str, Any]:
    """What a caller without a key is told: how many, and nothing about any."""
    with platform_scope("count providers for the public health check"):
        alive = Provider.objects.filter(archived_at=None, enabled=True).select_related("parent")
        rows = with_health(list(alive))
    healthy = sum(_status(row).state == "healthy" for row in rows)
    return {
        "status": overall(rows),
        "total": len(rows),
        "healthy": healthy,
        "checked_at": timezone.now(),
    }


def _status(row: Provider) -> Status:
    status: Status = row.__dict__["status"]
    return status


def _credential_counts(ids: Sequence[UUID], *, now: datetime) -> Mapping[UUID, CredentialCount]:
    with platform_scope("count credentials, which tenants do not read, of the platform's"):
        found: dict[UUID, list[Credential]] = defaultdict(list)
        for credential in Credential.objects.filter(provider_id__in=ids):
            found[credential.provider_id].append(credential)
    return {
        provider_id: CredentialCount(
            total=len(pool),
            healthy=sum(is_usable(credential, now=now) for credential in pool),
            last_ok_at=max(
                (one.last_ok_at for one in pool if one.last_ok_at is not None), default=None
            ),
            changes_at=min(
                (
                    at
                    for one in pool
                    for at in (one.state_until, one.expires_at)
                    if at is not None and at > now
                ),
                default=None,
            ),
        )
        for provider_id, pool in found.items()
    }


def _recent_checks(ids: Sequence[UUID]) -> Mapping[UUID, Sequence[HealthCheck]]:
    newest = HealthCheck.objects.filter(provider=OuterRef("pk")).order_by("-at")
    named = Provider.objects.filter(pk__in=ids).values_list(
        "pk", ArraySubquery(newest.values("pk")[:RECENT])
    )
    wanted = dict(named)
    checks = HealthCheck.objects.in_bulk([pk for pks in wanted.values() for pk in pks])
    return {provider_id: [checks[pk] for pk in pks] for provider_id, pks in wanted.items()}


def _models_enabled(ids: Sequence[UUID]) -> Mapping[UUID, int]:
    rows = UpstreamModel.objects.filter(provider_id__in=ids, enabled=True)
    return dict(rows.order_by().values_list("provider_id").annotate(number=Count("pk")))


def _cells(ids: Sequence[UUID], *, now: datetime) -> Mapping[UUID, list[int | None]]:
    """The last five hours, oldest first."""
    start = now - CELLS * CELL
    bins = (
        HealthCheck.objects.filter(provider_id__in=ids, at__gte=start)
        .annotate(
            bin=Func(
                Value(CELL),
                F("at"),
                Value(start),
                function="date_bin",
                output_field=DateTimeField(),
            )
        )
        .order_by()
        .values_list("provider_id", "bin")
        .annotate(good=Count("pk", filter=Q(ok=True)), bad=Count("pk", filter=Q(ok=False)))
    )
    cells: dict[UUID, list[int | None]] = {provider_id: [None] * CELLS for provider_id in ids}
    for provider_id, at, good, bad in bins:
        position = min(int((at - start) / CELL), CELLS - 1)
        cells[provider_id][position] = DEGRADED if good and bad else OK if good else DOWN
    return cells
