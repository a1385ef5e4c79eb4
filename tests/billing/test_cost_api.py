"""What usage and cost answer, against sums made by hand."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from accounts.ids import new_id
from accounts.tenancy import platform_scope
from billing.money import nano_of, usd
from billing.services.closed_days import drop_expired_windows
from billing.services.windows import aggregate
from billing.windows import day_start
from tests.accounts.world import Town
from tests.billing.books import book
from tests.billing.usage import NOW, answer, half_summed, reporting_in, summed, use

pytestmark = pytest.mark.usefixtures("half_past_three")
ZONES: Final = ("Asia/Shanghai", "America/New_York", "Asia/Kolkata")
GROUPS: Final = {
    "by-model": "requested_model",
    "by-key": "key_id",
    "by-provider": "provider_id",
}


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


def test_of_a_time_before_without_any_price_nothing_is_known(town: Town) -> None:
    book(town.tenant, {"at": NOW - timedelta(days=1), "cost_nano": None, "charge_nano": 0})

    found = answer(town.api("owner"), "cost/current")["today"]

    assert (found["cost"], found["previous"], found["change_pct"]) == (usd(0), None, None)


@pytest.mark.parametrize("runs", [0, 1])
def test_what_the_tenant_has_a_price_of_its_own_for_is_priced(town: Town, runs: int) -> None:
    at = NOW - timedelta(minutes=1)
    own = {"at": at, "cost_nano": None, "charge_nano": 7, "charge_price_id": new_id()}
    book(town.tenant, own, {"at": at, "cost_nano": 1, "charge_nano": 1})
    for _ in range(runs):
        aggregate()
    api = town.api("owner")

    (row,) = answer(api, "cost/by-model")["data"]

    assert (row["cost"], row["avg_cost"], row["unpriced"]) == (usd(8), usd(4), 0)
    opened = answer(api, "requests")["data"]
    assert sum(nano_of(one["cost"]) for one in opened) == nano_of(row["cost"])
    assert answer(api, "cost/current")["unpriced"] == {"requests": 0, "share": 0.0}


def test_tokens_that_nobody_is_charged_for_are_in_the_sums_too(town: Town) -> None:
    same = {"at": NOW, "request_id": new_id(), "requested_model": "m"}
    book(
        town.tenant,
        {**same, "attempt": 0, "final": False, "provider": "a", "provider_id": new_id(),
         "status": "upstream_error", "cost_nano": None, "charge_nano": 0, "in_fresh": 1_000},
        {**same, "attempt": 1, "attempts": 2, "provider": "b", "provider_id": new_id(),
         "cost_nano": 5, "charge_nano": 5, "in_fresh": 10},
    )  # fmt: skip
    api = town.api("owner")

    providers, models = answer(api, "cost/by-provider"), answer(api, "cost/by-model")

    assert {row["label"]: row["tokens"] for row in providers["data"]} == {"a": 1_000, "b": 10}
    assert providers["total"] == models["total"]


# --- of what only days are kept -------------------------------------------------------------------


@pytest.fixture
def closed_town(town: Town) -> Town:
    """Of before the last five days in New York there are no windows any more."""
    reporting_in(town, "America/New_York")
    half_summed(town)
    aggregate()
    assert drop_expired_windows(keep_days=5, now=NOW).days > 0
    return town


@pytest.mark.parametrize("path", ["cost/daily", *(f"cost/{path}" for path in GROUPS)])
def test_whole_days_are_answered_as_before_their_windows_went(town: Town, path: str) -> None:
    reporting_in(town, "America/New_York")
    half_summed(town)
    aggregate()
    before = answer(town.api("owner"), f"{path}?range=30d")

    assert drop_expired_windows(keep_days=5, now=NOW).days > 0

    assert answer(town.api("owner"), f"{path}?range=30d") == before


@pytest.mark.parametrize(
    ("path", "query", "field", "said"),
    [
        ("cost/daily", "range=30d&tz=Asia/Kolkata", "tz", "those of America/New_York"),
        ("cost/by-key", "{cut}", "from", "the beginning of a day in America/New_York"),
        ("cost/by-key", "{ends_cut}", "to", "the beginning of a day in America/New_York"),
        ("cost/by-tag", "range=30d&tag=job", "from", "sums by tag are kept from "),
        ("/admin/usage", "range=30d&granularity=1h", "granularity", "expected 1d"),
    ],
)
def test_what_is_finer_than_the_days_that_are_kept_is_refused(
    closed_town: Town, path: str, query: str, field: str, said: str
) -> None:
    start = day_start((NOW - timedelta(days=20)).date(), ZoneInfo("America/New_York"))
    minute = timedelta(minutes=1)
    asked = query.format(
        cut=between(start + minute, NOW),
        ends_cut=between(start, start + timedelta(days=2) - minute),
    )

    response = closed_town.api("owner").get(f"{path}?{asked}")

    assert response.status_code == 400
    (error,) = response.json()["errors"]
    assert error["field"] == field
    assert said in error["message"]
