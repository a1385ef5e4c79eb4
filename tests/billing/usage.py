"""A town's usage over thirty days, partly summed, and callers who ask for it."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from accounts.models import Tenant
from accounts.tenancy import platform_scope
from billing.services.windows import aggregate
from tests.accounts.api import Api
from tests.accounts.world import Town
from tests.billing.books import book

# A Sunday on which New York sets its clocks back is within the 30 days before.
NOW: Final = datetime(2026, 11, 20, 15, 32, 10, tzinfo=UTC)


def use(town: Town, *, count: int = 200, every: timedelta = timedelta(minutes=214)) -> list[Any]:
    """Back from now over thirty days: of the developer, of the team and of nobody."""
    key_id = f"key_{town.key.public_id}"
    developer, team = town.people["developer"].id, town.team.id
    return [
        {
            "at": NOW - n * every,
            "key_id": key_id if n % 3 else "key_of_a_service",
            "user_id": developer if n % 3 else None,
            "team_id": team if n % 4 else None,
            "requested_model": f"model-{n % 5}",
            "provider_id": town.provider.id if n % 2 else None,
            "provider": "vendor" if n % 2 else "",
            "in_fresh": n,
            "in_cache_read": 2 * n,
            "in_cache_write_5m": 1,
            "out_text": 3,
            "out_reasoning": n % 7,
            "cost_nano": 900 * n,
            "charge_nano": 1_000 * n + 1,
            "notional_nano": n % 2,
            "status": "upstream_error" if n % 11 == 0 else "ok",
            "latency_ms": n,
        }
        for n in range(count)
    ]


def summed(records: list[Any], name: str, value: Callable[[Any], Any]) -> dict[Any, int]:
    found: Counter[Any] = Counter()
    for record in records:
        found[value(record)] += record[name]
    return dict(found)


def half_summed(town: Town) -> list[Any]:
    """Days that are built, windows that are dirty again, and some that were never summed."""
    records = use(town)
    book(town.tenant, *records[40:])
    aggregate()
    book(town.tenant, *records[:40])
    late = {**records[100], "at": records[100]["at"] + timedelta(seconds=1), "charge_nano": 7}
    book(town.tenant, late)
    return [*records, late]


def reporting_in(town: Town, tz: str) -> None:
    with platform_scope("test"):
        Tenant.objects.filter(pk=town.tenant.pk).update(reporting_tz=tz)


def answer(api: Api, path: str) -> Any:
    found = api.get(path)
    assert found.status_code == 200, found.content
    return found.json()
