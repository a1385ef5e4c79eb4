"""A busy tenant's books, and how long their answers take."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import quantiles
from typing import Any, Final

from django.db import connection, connections

from accounts.models import Tenant, User
from accounts.tenancy import platform_scope
from bench.machine import cpu_us
from billing.partitions import make_days, owner_alias
from billing.services.windows import aggregate
from tests.accounts.api import Api
from tests.factories.accounts import MembershipFactory

# What answers may take at their 95th percentile, in milliseconds.
BOUND_MS: Final = 1_000
PAGE_MS: Final = 400  # the first page of a list; 200 where there are no more than a million records
BOUNDS_MS: Final = {
    "/api/v1/cost/current": 150,
    "/api/v1/cost/daily": BOUND_MS,
    "/api/v1/cost/daily?range=30d&tz=Asia/Kolkata": BOUND_MS,
    "/api/v1/cost/daily?range=90d": BOUND_MS,
    "/api/v1/cost/by-model": BOUND_MS,
    "/api/v1/cost/by-model?range=24h": BOUND_MS,
    "/api/v1/cost/by-user": BOUND_MS,
    "/api/v1/cost/by-key": BOUND_MS,
    "/api/v1/cost/by-team": BOUND_MS,
    "/api/v1/cost/by-provider": BOUND_MS,
    "/api/v1/cost/by-credential": BOUND_MS,
    "/api/v1/cost/explore?range=30d": BOUND_MS,
    "/api/v1/cost/explore?range=24h&rollup=5m&group=key&top=50": BOUND_MS,
    "/api/v1/cost/explore?range=7d&rollup=1h&group=user&subgroup=model&top=50": BOUND_MS,
    "/api/v1/cost/explore?range=7d&group=provider&compare=previous&metric=tokens_in": BOUND_MS,
    "/admin/usage": BOUND_MS,
    "/admin/usage?model=model-1": BOUND_MS,
    "/admin/usage?key_id=key_000000000001&range=7d&granularity=1h": BOUND_MS,
    "/admin/usage?range=30d&granularity=1d": BOUND_MS,
    "/admin/usage/summary": BOUND_MS,
    "/api/v1/requests?range=30d": PAGE_MS,
    "/api/v1/requests?range=30d&status=error": PAGE_MS,
    "/api/v1/requests?range=30d&key=key_000000000001&not.status=ok": PAGE_MS,
}
# A hundred keys of forty people in eight teams; few of them make most of the traffic, each mostly
# with two models of eight, at four providers with two credentials each.
RECORDS: Final = """
INSERT INTO cost_records (
    tenant_id, started_at, request_id, team_id, user_id, key_id, source, dialect, operation, lane,
    requested_model, served_model, provider_id, provider, credential_id, credential, stream,
    in_fresh, in_cache_read, out_text, out_reasoning, usage_source, cost_nano, charge_nano, final,
    status, http_status, terminated, attempts, latency_ms, ttft_ms, overhead_us, node
)
SELECT %(tenant)s, %(day)s::timestamptz + interval '1 day' * %(share)s * at, gen_random_uuid(),
       lpad(to_hex(key %% 8), 32, '0')::uuid, lpad(to_hex(key %% 40), 32, '0')::uuid,
       'key_' || lpad(key::text, 12, '0'), 'api',
       CASE WHEN model %% 2 = 0 THEN 'openai_chat' ELSE 'anthropic_messages' END, 'chat', 'native',
       'model-' || model, 'model-' || model,
       lpad(to_hex(model %% 4), 32, 'a')::uuid, 'provider-' || model %% 4,
       lpad(to_hex(model %% 4 * 2 + half), 32, 'b')::uuid, 'credential-' || half, n %% 2 = 0,
       n %% 1000, n %% 300, n %% 700, n %% 20, 'provider',
       CASE WHEN n %% 500 = 0 THEN NULL ELSE n %% 90000 END,
       CASE WHEN n %% 500 = 0 THEN 0 ELSE n %% 90000 END, true,
       CASE WHEN n %% 50 = 0 THEN 'upstream_error' WHEN n %% 60 = 0 THEN 'limited' ELSE 'ok' END,
       200, 'complete', 1, 200 + n %% 4000, 50 + n %% 900, 400, 'bench'
FROM (
    SELECT n, random() AS at, key, (random() < 0.3)::int AS half,
           CASE WHEN random() < 0.8 THEN (key + (random() < 0.3)::int) %% 8
                ELSE floor(random() * 8)::int END AS model
    FROM (SELECT n, floor(100 * random() ^ 2)::int AS key FROM generate_series(1, %(count)s) AS n)
) AS made
"""
MARKS: Final = """
INSERT INTO dirty_windows (tenant_id, window_start)
SELECT DISTINCT tenant_id, date_bin('5 minutes', started_at, 'epoch') FROM cost_records
WHERE tenant_id = %(tenant)s AND started_at >= %(day)s
ON CONFLICT (tenant_id, window_start) DO UPDATE SET version = dirty_windows.version + 1
"""
TABLES: Final = ("cost_records", "usage_windows", "usage_days")


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    path: str
    p50_ms: float
    p95_ms: float
    # Of the database's process, per answer.
    cpu_ms: float
    bound_ms: int

    @property
    def fails(self) -> bool:
        return self.p95_ms > self.bound_ms

    def row(self) -> str:
        figures = (self.p50_ms, self.p95_ms, self.cpu_ms)
        shown = " | ".join(f"{figure:,.0f}" for figure in figures)
        return f"| `{self.path}` | {shown} | {self.bound_ms:,}{' ✗' if self.fails else ''} |"


def furnished() -> Tenant:
    """The tenant of every installation, with an owner to ask."""
    with platform_scope("bench"):
        tenant = Tenant.objects.get(slug="default")
        MembershipFactory(tenant=tenant, role="owner")
    return tenant


def filled(tenant: Tenant, *, records: int, days: int) -> Iterator[str]:
    """Day by day; says how long records and sums took."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    first = today - timedelta(days=days - 1)
    make_days(using=owner_alias(), first=first.date(), last=today.date())
    written = summed = 0.0
    for number in range(days):
        day = first + timedelta(days=number)
        # Of today as much as is over; nothing is booked ahead.
        share = min((datetime.now(UTC) - day) / timedelta(days=1), 1)
        values: dict[str, Any] = {
            "tenant": tenant.id, "day": day, "share": share,
            "count": round(records / days * share),
        }  # fmt: skip
        begun = time.monotonic()
        with platform_scope("bench"), connection.cursor() as cursor:
            cursor.execute(RECORDS, values)
            cursor.execute(MARKS, values)
        written += time.monotonic() - begun
        begun = time.monotonic()
        aggregate(budget_s=600)
        summed += time.monotonic() - begun
        took = f"{written:.0f} s written, {summed:.0f} s summed"
        yield f"{day:%Y-%m-%d}: {values['count']} records; {took} by now"
    with connections[owner_alias()].cursor() as cursor:
        cursor.execute("SELECT set_config('app.platform', 'on', false)")
        for table in TABLES:
            cursor.execute(f"VACUUM ANALYZE {table}")
            cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608 - a table of ours
            yield f"{table}: {cursor.fetchone()[0]} rows"
    # What is running is never summed yet.
    with platform_scope("bench"), connection.cursor() as cursor:
        running = datetime.now(UTC) - timedelta(minutes=8)
        cursor.execute(MARKS, {"tenant": tenant.id, "day": running})


def timed(tenant: Tenant, path: str, *, bound_ms: int, times: int) -> Timed:
    with platform_scope("bench"):
        owner = User.objects.get(memberships__tenant=tenant)
    api = Api(tenant=tenant).as_user(owner)
    api.headers["Host"] = "localhost"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (server,) = cursor.fetchone()
    took_ms, begun_us = [], cpu_us(server)
    for _ in range(times + 1):
        begun = time.perf_counter()
        answer = api.get(path)
        took_ms.append((time.perf_counter() - begun) * 1_000)
        if answer.status_code != 200:
            raise RuntimeError(f"{path}: {answer.status_code} {answer.content[:300]!r}")
    cpu_ms = (cpu_us(server) - begun_us) / (times + 1) / 1_000
    shares = quantiles(took_ms[1:], n=20)
    return Timed(path=path, p50_ms=shares[9], p95_ms=shares[18], cpu_ms=cpu_ms, bound_ms=bound_ms)
