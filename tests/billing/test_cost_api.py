"""What usage and cost answer, against sums made by hand."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection

from accounts.models import ApiKey, Tenant
from accounts.tenancy import platform_scope
from billing.models import SpoolProgress
from billing.money import nano_of, usd
from billing.services.windows import aggregate
from billing.windows import day_start
from tests.accounts.api import Api
from tests.accounts.world import Town, make_superadmin, make_town
from tests.billing.books import book
from tests.factories.accounts import ApiKeyFactory

# A Sunday on which New York sets its clocks back is within the 30 days before.
NOW: Final = datetime(2026, 11, 20, 15, 32, 10, tzinfo=UTC)
ZONES: Final = ("Asia/Shanghai", "America/New_York", "Asia/Kolkata")
GROUPS: Final = {
    "by-model": "requested_model",
    "by-key": "key_id",
    "by-provider": "provider_id",
}


@pytest.fixture(autouse=True)
def _at_half_past_three() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def town(db: None) -> Town:
    return make_town()


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


# --- sums are those of the records ----------------------------------------------------------------


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("reporting", [*ZONES, "UTC"])
def test_days_of_any_zone_are_those_of_the_records(town: Town, zone: str, reporting: str) -> None:
    reporting_in(town, reporting)
    records = half_summed(town)

    found = answer(town.api("owner"), f"cost/daily?range=30d&tz={zone}")

    days = {date.fromisoformat(row["day"]): nano_of(row["cost"]) for row in found["data"]}
    place = ZoneInfo(zone)
    first = NOW.astimezone(place).date() - timedelta(days=29)
    since = [record for record in records if record["at"] >= day_start(first, place)]
    expected = summed(since, "charge_nano", lambda record: record["at"].astimezone(place).date())
    assert days == {first + timedelta(days=n): 0 for n in range(30)} | expected
    assert sum(days.values()) == in_sql(town, found["from"], found["to"])
    total = answer(town.api("owner"), f"cost/by-model?range=30d&tz={zone}")["total"]
    assert nano_of(total["cost"]) == sum(days.values())


def in_sql(town: Town, start: str, end: str) -> int:
    with platform_scope("test"), connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(charge_nano), 0)::bigint FROM cost_records"
            " WHERE tenant_id = %s AND started_at >= %s AND started_at < %s",
            [town.tenant.id, start, end],
        )
        (nano,) = cursor.fetchone()
        return int(nano)


def test_a_range_that_cuts_windows_is_exact(town: Town) -> None:
    half_summed(town)
    end = NOW - timedelta(hours=30, minutes=2, seconds=3)
    start = end - timedelta(days=9, minutes=1)

    total = answer(town.api("owner"), f"cost/by-key?{between(start, end)}")["total"]

    assert nano_of(total["cost"]) == in_sql(town, start.isoformat(), end.isoformat()) > 0


def between(start: datetime, end: datetime) -> str:
    return f"from={start:%Y-%m-%dT%H:%M:%SZ}&to={end:%Y-%m-%dT%H:%M:%SZ}"


@pytest.mark.parametrize("path", GROUPS)
def test_groups_and_what_is_left_of_them_are_everything(town: Town, path: str) -> None:
    records = half_summed(town)

    found = answer(town.api("owner"), f"cost/{path}?range=90d&top=1")

    def name(record: Any) -> str:
        return str(record[GROUPS[path]] or "")

    expected = summed(records, "charge_nano", name)
    (top,) = found["data"]
    assert nano_of(top["cost"]) == expected[top["id"]] == max(expected.values())
    assert nano_of(found["other"]["cost"]) + nano_of(top["cost"]) == sum(expected.values())
    assert nano_of(found["total"]["cost"]) == sum(expected.values())
    assert sum(map(nano_of, top["sparkline"])) == expected[top["id"]]
    assert top["share"] == round(expected[top["id"]] / sum(expected.values()), 6)
    assert found["total"]["requests"] == len(records)


def test_groups_have_the_names_they_have_now(town: Town) -> None:
    book(town.tenant, *use(town, count=20), {"at": NOW, "credential_id": town.credential.id})
    labels = {
        path: {row["id"]: row["label"] for row in answer(town.api("owner"), f"cost/{path}")["data"]}
        for path in ("by-user", "by-key", "by-team", "by-provider", "by-credential", "by-model")
    }
    developer = town.people["developer"]
    assert labels["by-user"] == {str(developer.id): developer.display_name, "": ""}
    assert labels["by-key"][f"key_{town.key.public_id}"] == town.key.name
    assert labels["by-team"] == {str(town.team.id): town.team.name, "": ""}
    assert labels["by-provider"][str(town.provider.id)] == "vendor"
    assert labels["by-credential"][str(town.credential.id)] == town.credential.name
    assert labels["by-model"]["model-1"] == "model-1"


def test_a_short_range_is_drawn_by_the_hour(town: Town) -> None:
    book(town.tenant, {"at": NOW - timedelta(hours=3), "charge_nano": 5, "cost_nano": 5})

    (row,) = answer(town.api("owner"), "cost/by-model?range=24h")["data"]

    assert len(row["sparkline"]) == 25
    assert row["sparkline"][-4] == usd(5)


# --- the published paths --------------------------------------------------------------------------


@pytest.mark.parametrize("granularity", ["5m", "1h", "1d"])
def test_pages_of_usage_hold_every_window_once(town: Town, granularity: str) -> None:
    records = half_summed(town)
    api = town.api("owner")
    path = f"/admin/usage?range=7d&granularity={granularity}&limit=7"
    rows: list[Any] = []
    page = answer(api, path)
    rows += page["data"]
    while page["has_more"]:
        page = answer(api, f"{path}&cursor={page['next_cursor']}")
        rows += page["data"]

    keys = [(row["window_start"], row["key_id"], row["model"]) for row in rows]
    assert len(set(keys)) == len(keys)
    assert [key[0] for key in keys] == sorted((key[0] for key in keys), reverse=True)
    since = [record for record in records if record["at"] >= datetime(2026, 11, 14, tzinfo=UTC)]
    cost = sum(nano_of(row["cost_usd"]) for row in rows)
    assert cost == sum(record["charge_nano"] for record in since)
    assert sum(row["requests"] for row in rows) == len(since)
    steps = {"5m": timedelta(minutes=5), "1h": timedelta(hours=1), "1d": timedelta(days=1)}
    for row in rows:
        start, end = map(datetime.fromisoformat, (row["window_start"], row["window_end"]))
        assert end - start == steps[granularity]


@pytest.mark.parametrize("name", ["key_id", "model", "user_id", "provider", "team_id", "status"])
def test_one_filter_alone_is_enough(town: Town, name: str) -> None:
    records = half_summed(town)
    column = {"model": "requested_model"}.get(name, name)
    value = records[5][column]

    found = answer(town.api("owner"), f"/admin/usage/summary?{name}={value}&range=90d")

    own = [record for record in records if record[column] == value]
    assert 0 < len(own) < len(records)
    assert found["totals"]["requests"] == len(own)
    assert nano_of(found["totals"]["cost_usd"]) == sum(record["charge_nano"] for record in own)
    assert answer(town.api("owner"), f"/admin/usage?{name}={value}")["data"]


def test_the_summary_agrees_with_itself(town: Town) -> None:
    records = half_summed(town)

    found = answer(town.api("owner"), "/admin/usage/summary?range=90d")

    totals = found["totals"]
    assert totals == {
        "requests": len(records),
        "errors": sum(record["status"] != "ok" for record in records),
        "unpriced_requests": 0,
        "input_tokens": sum(3 * record["in_fresh"] + 1 for record in records),
        "cached_tokens": sum(record["in_cache_read"] for record in records),
        "cache_write_tokens": len(records),
        "output_tokens": sum(3 + record["out_reasoning"] for record in records),
        "reasoning_tokens": sum(record["out_reasoning"] for record in records),
        "cost_usd": usd(sum(record["charge_nano"] for record in records)),
    }
    for part in ("by_model", "by_key", "by_day"):
        for name in ("requests", "errors", "output_tokens"):
            assert sum(row[name] for row in found[part]) == totals[name], part
        assert sum(nano_of(row["cost_usd"]) for row in found[part]) == nano_of(totals["cost_usd"])
    assert [row["day"] for row in found["by_day"]] == sorted(row["day"] for row in found["by_day"])
    assert found["by_model_other"] is None
    assert found["latency_ms"] == {"p50": 121, "p95": 205, "p99": 205}
    assert found["ttft_ms"] == {"p50": None, "p95": None, "p99": None}


def test_of_many_keys_the_summary_shows_twenty_and_the_rest(town: Town) -> None:
    book(town.tenant, *({"at": NOW, "key_id": f"key_{n}", "charge_nano": n} for n in range(25)))

    found = answer(town.api("owner"), "/admin/usage/summary")

    assert len(found["by_key"]) == 20
    assert found["by_key_other"]["cost_usd"] == usd(0 + 1 + 2 + 3 + 4)


def test_nothing_used_is_nothing_found(town: Town) -> None:
    api = town.api("owner")

    assert answer(api, "/admin/usage")["data"] == []
    assert answer(api, "cost/by-key")["data"] == []
    assert answer(api, "cost/by-key")["total"]["cost"] == usd(0)
    assert answer(api, "/admin/usage/summary")["totals"]["requests"] == 0
    assert answer(api, "cost/current")["today"]["cost"] == usd(0)


# --- so far ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("zone", [*ZONES, "UTC"])
def test_what_is_spent_so_far_is_held_against_as_far_into_the_time_before(
    town: Town, zone: str
) -> None:
    reporting_in(town, zone)
    records = use(town, count=450)
    book(town.tenant, *records[10:])
    aggregate()
    book(town.tenant, *records[:10])

    found = answer(town.api("owner"), "cost/current")

    place = ZoneInfo(zone)
    today = NOW.astimezone(place).date()
    so_far = datetime(2026, 11, 20, 15, 35, tzinfo=UTC) - day_start(today, place)

    def spent(first: date, last: date, *, whole: bool) -> int:
        start, end = day_start(first, place), day_start(last, place) + so_far
        return sum(
            record["charge_nano"]
            for record in records
            if start <= record["at"] and (whole or record["at"] < end)
        )

    monday = today - timedelta(days=today.weekday())
    spans = {
        "today": (today, today - timedelta(days=1), today - timedelta(days=1)),
        "this_week": (monday, monday - timedelta(days=7), today - timedelta(days=7)),
        "this_month": (date(2026, 11, 1), date(2026, 10, 1), today.replace(month=10)),
    }
    for name, (first, before, until) in spans.items():
        now, previous = spent(first, today, whole=True), spent(before, until, whole=False)
        assert nano_of(found[name]["cost"]) == now, name
        assert nano_of(found[name]["previous"]) == previous, name
        assert found[name]["change_pct"] == round(100 * round((now - previous) / previous, 6), 1)
    assert found["month_forecast"] is not None
    assert nano_of(found["month_forecast"]["low"]) <= nano_of(found["month_forecast"]["amount"])


def test_two_days_are_too_little_to_guess_by(town: Town) -> None:
    book(town.tenant, {"at": NOW - timedelta(days=1), "charge_nano": 1})

    assert answer(town.api("owner"), "cost/current")["month_forecast"] is None


# --- what has no price ----------------------------------------------------------------------------


def test_what_has_no_price_is_shown_as_such_and_never_as_free(town: Town) -> None:
    unknown = {"at": NOW, "cost_nano": None, "requested_model": "unknown"}
    book(
        town.tenant, unknown, unknown,
        {"at": NOW, "cost_nano": 10, "charge_nano": 10, "requested_model": "known"},
    )  # fmt: skip
    api = town.api("owner")

    models = {row["id"]: row for row in answer(api, "cost/by-model")["data"]}
    assert (models["unknown"]["cost"], models["unknown"]["avg_cost"]) == (None, None)
    assert models["unknown"]["unpriced"] == 2
    assert models["known"]["cost"] == usd(10)
    assert answer(api, "cost/current")["unpriced"] == {"requests": 2, "share": 0.666667}
    assert answer(api, "cost/daily")["data"][-1]["unpriced"] == 2
    rows = {row["model"]: row for row in answer(api, "/admin/usage")["data"]}
    assert (rows["unknown"]["cost_usd"], rows["unknown"]["unpriced_requests"]) == (None, 2)


# --- who sees what --------------------------------------------------------------------------------


def total(api: Api, path: str = "/admin/usage/summary?range=90d") -> int:
    return int(answer(api, path)["totals"]["requests"])


def test_every_role_sums_what_it_may_see(town: Town) -> None:
    other = make_town()
    book(other.tenant, *use(other, count=5))
    records = half_summed(town)
    developer, team = town.people["developer"].id, town.team.id

    assert total(town.api("owner")) == len(records)
    assert total(town.api("admin")) == len(records)
    assert total(town.api("billing_viewer")) == len(records)
    own = [record for record in records if record["user_id"] == developer]
    assert total(town.api("developer")) == len(own)
    of_team = [record for record in records if record["team_id"] == team]
    assert total(town.api("lead")) == len(of_team)
    assert total(other.api("owner")) == 5


def test_a_developer_meets_nobody_else_among_users(town: Town) -> None:
    half_summed(town)

    rows = answer(town.api("developer"), "cost/by-user")["data"]

    assert [row["id"] for row in rows] == [str(town.people["developer"].id)]


def client_key(town: Town, **fields: Any) -> ApiKey:
    with platform_scope("test"):
        made: ApiKey = ApiKeyFactory(tenant=town.tenant, **{"scopes": ["usage.read"], **fields})
        return made


def test_a_client_key_sees_its_own_usage_only(town: Town) -> None:
    half_summed(town)
    key = client_key(town, owner=town.people["owner"])
    book(town.tenant, {"at": NOW, "key_id": f"key_{key.public_id}", "charge_nano": 3})
    api = Api().with_key(key.value)  # type: ignore[attr-defined]

    assert total(api) == 1
    assert total(api, f"/admin/usage/summary?key_id=key_{town.key.public_id}") == 0
    assert [row["id"] for row in answer(api, "cost/by-key")["data"]] == [f"key_{key.public_id}"]
    assert answer(api, "cost/current")["today"]["cost"] == usd(3)


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"scopes": ["inference"]}, 403, "permission_denied"),
        ({"kind": "session"}, 403, "management_key_required"),
        ({"status": "revoked"}, 401, "key_revoked"),
        ({"denied_ips": ["198.51.100.0/24"]}, 403, "ip_not_allowed"),
    ],
)
def test_a_key_that_may_not_ask_is_told_why(
    town: Town, fields: dict[str, Any], status: int, code: str
) -> None:
    key = client_key(town, **fields)

    found = Api().with_key(key.value).get("/admin/usage")  # type: ignore[attr-defined]

    assert (found.status_code, found.json()["code"]) == (status, code)


def test_a_client_key_manages_nothing(town: Town) -> None:
    key = client_key(town)

    found = Api().with_key(key.value).get("/admin/api-keys")  # type: ignore[attr-defined]

    assert (found.status_code, found.json()["code"]) == (403, "management_key_required")


@pytest.mark.parametrize("path", ["/admin/usage", "/admin/usage/", "cost/current", "cost/by-user"])
def test_nobody_is_told_anything_without_credential(db: None, path: str) -> None:
    assert Api().get(path).status_code == 401


def test_the_tenant_may_stand_in_the_query(town: Town) -> None:
    other = make_town()
    half_summed(town)
    superadmin = Api().as_user(make_superadmin())

    path = f"/admin/usage/summary?range=90d&tenant={town.tenant.slug}"
    assert total(superadmin, path) > 0
    refused = town.api("owner").get(f"/admin/usage?tenant={other.tenant.slug}")
    assert refused.status_code == 200  # the header, which every call of the console has, decides
    bare = Api().as_user(town.people["owner"]).get(f"/admin/usage?tenant={other.tenant.slug}")
    assert (bare.status_code, bare.json()["code"]) == (404, "tenant_not_found")


def test_what_vendors_take_is_the_platforms_business(town: Town) -> None:
    book(town.tenant, {"at": NOW, "cost_nano": 100, "charge_nano": 110})
    platform = Api(tenant=town.tenant).as_user(make_superadmin())

    assert "vendor_cost" not in answer(town.api("owner"), "cost/by-provider")["total"]
    assert answer(platform, "cost/by-provider")["total"]["vendor_cost"] == usd(100)
    assert answer(platform, "cost/current")["today"]["vendor_cost"] == usd(100)
    assert answer(platform, "cost/daily")["data"][-1]["vendor_cost"] == usd(100)


# --- what is asked --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("tz=Mars/Olympus", "tz"),
        ("range=2y", "range"),
        ("range=7d&from=2026-11-01T00:00:00Z", "range"),
        ("to=2026-11-01T00:00:00Z", "range"),
        ("from=2026-11-02T00:00:00Z&to=2026-11-01T00:00:00Z", "to"),
        ("from=2020-11-02T00:00:00Z", "from"),
        ("user_id=me", "user_id"),
        ("colour=red", "colour"),
        ("granularity=5m&from=2026-01-01T00:00:00Z", "granularity"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused_by_name(
    town: Town, query: str, field: str
) -> None:
    found = town.api("owner").get(f"/admin/usage?{query}")

    assert found.status_code == 400
    assert [error["field"] for error in found.json()["errors"]] == [field]


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("24h", "2026-11-19T15:30:00Z", "2026-11-20T15:35:00Z"),
        ("7d", "2026-11-13T18:30:00Z", "2026-11-20T18:30:00Z"),
        ("this_month", "2026-10-31T18:30:00Z", "2026-11-30T18:30:00Z"),
        ("last_month", "2026-09-30T18:30:00Z", "2026-10-31T18:30:00Z"),
    ],
)
def test_ranges_of_days_are_whole_days_of_the_zone(
    town: Town, name: str, start: str, end: str
) -> None:
    found = answer(town.api("owner"), f"cost/by-key?range={name}&tz=Asia/Kolkata")

    assert (found["from"], found["to"]) == (start, end)


def test_a_range_without_end_ends_now(town: Town) -> None:
    found = answer(town.api("owner"), "cost/daily?from=2026-11-20T00:00:00Z")

    assert found["to"] == "2026-11-20T15:35:00Z"


def test_every_answer_says_how_far_the_books_are(town: Town) -> None:
    SpoolProgress.objects.create(
        node="n1", delivered_to=NOW - timedelta(seconds=9),
        oldest_open=NOW - timedelta(minutes=4), seen_at=datetime.now(UTC),
    )  # fmt: skip
    SpoolProgress.objects.create(node="n2", delivered_to=NOW, seen_at=NOW)
    with platform_scope("test"), connection.cursor() as cursor:
        # The server's clock decides who is silent; n3 has been for two minutes.
        cursor.execute("UPDATE spool_progress SET seen_at = now()")
        cursor.execute(
            "INSERT INTO spool_progress (node, delivered_to, seen_at)"
            " VALUES ('n3', %s, now() - interval '2 minutes')",
            [NOW - timedelta(hours=1)],
        )
    reporting_in(town, "Asia/Kolkata")

    for path in ("/admin/usage", "/admin/usage/summary", "cost/current", "cost/daily"):
        found = answer(town.api("owner"), path)
        assert (found["currency"], found["tz"]) == ("USD", "Asia/Kolkata")
        assert found["generated_at"] == "2026-11-20T15:32:10Z"
        assert found["delivered_to"] == "2026-11-20T15:32:01Z"
        assert found["complete_to"] == "2026-11-20T15:28:10Z"
        assert found["from"] < found["to"]
