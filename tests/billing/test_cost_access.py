"""Who is told what of usage and cost, and which questions make sense."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from accounts.models import ApiKey
from accounts.tenancy import platform_scope
from billing.models import SpoolProgress
from billing.money import usd
from tests.accounts.api import Api
from tests.accounts.world import Town, make_superadmin, make_town
from tests.billing.books import book
from tests.billing.usage import NOW, answer, half_summed, reporting_in, use
from tests.factories.accounts import ApiKeyFactory

pytestmark = pytest.mark.usefixtures("half_past_three")


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
        ("model=a&model=b", "model"),
        ("from=0001-01-01T00:00:00Z&to=0001-01-02T00:00:00Z", "from"),
        ("from=9999-12-30T00:00:00Z&to=9999-12-31T23:59:00Z", "from"),
        ("from=2999-12-30T00:00:00Z&to=9999-12-31T23:59:00Z", "to"),
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
