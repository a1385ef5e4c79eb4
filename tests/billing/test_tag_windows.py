"""What was spent by tag is what the records with that tag sum to."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from accounts.models import Tenant
from accounts.tenancy import platform_scope
from billing.money import usd
from billing.services.windows import aggregate, rebuild
from billing.tag_sums import MOST_VALUES, OTHER_VALUES
from billing.windows import Span
from tests.accounts.api import Api
from tests.accounts.world import Town, make_superadmin
from tests.billing.books import book, content
from tests.billing.test_cost_access import client_key
from tests.billing.usage import NOW, answer

pytestmark = pytest.mark.usefixtures("half_past_three")
LONG_AGO = Span(NOW - timedelta(days=40), NOW)


def registered(town: Town, *keys: str) -> None:
    with platform_scope("test"):
        Tenant.objects.filter(pk=town.tenant.pk).update(tag_keys=list(keys))


def tagged(count: int = 120) -> list[dict[str, Any]]:
    """Back from now over five days: by job, two thirds of them by stage too, some by neither."""
    return [
        {
            "at": NOW - n * timedelta(hours=1, minutes=1),
            "tags": [
                *([f"job=j{n % 4}"] if n % 5 else ["job", "jobs=j1", "plain"]),
                *([f"stage=s{n % 2}", "stage=second"] if n % 3 else []),
            ],
            "in_fresh": n,
            "in_cache_read": 2,
            "out_text": 3,
            "cost_nano": None if n % 10 == 1 else 900 * n,
            "charge_nano": 0 if n % 10 == 1 else 1_000 * n + 1,
        }
        for n in range(count)
    ]


def value_of(record: dict[str, Any], key: str) -> str | None:
    found = [tag.partition("=")[2] for tag in record["tags"] if tag.startswith(f"{key}=")]
    return found[0] if found else None


def assert_is_of(found: Any, records: list[dict[str, Any]], key: str) -> None:
    having = [record for record in records if value_of(record, key) is not None]
    charges: Counter[str | None] = Counter()
    for record in having:
        charges[value_of(record, key)] += record["charge_nano"]
    assert {row["id"]: row["cost"] for row in found["data"]} == {
        value: usd(nano) for value, nano in charges.items()
    }
    assert found["total"] == {
        "cost": usd(sum(record["charge_nano"] for record in having)),
        "requests": len(having),
        "tokens": sum(record["in_fresh"] + 5 for record in having),
        "unpriced": sum(record["cost_nano"] is None for record in having),
    }


def in_table() -> Any:
    with platform_scope("test"), connection.cursor() as cursor:
        cursor.execute(
            "SELECT tag_key, sum(requests)::int, sum(charge_nano)::int, sum(cost_nano)::int"
            " FROM usage_window_tags GROUP BY 1 ORDER BY 1"
        )
        return cursor.fetchall()


def test_sums_of_a_key_are_those_of_the_records_that_have_it(town: Town) -> None:
    registered(town, "job", "stage")
    records = tagged()
    book(town.tenant, *records)
    aggregate()

    for key in ("job", "stage"):
        found = answer(town.api("owner"), f"cost/by-tag?tag={key}&range=30d")
        assert found["other"] is None
        assert_is_of(found, records, key)
    having = {
        key: [record for record in records if value_of(record, key) is not None]
        for key in ("job", "stage")
    }
    assert in_table() == [
        (
            key,
            len(rows),
            sum(row["charge_nano"] for row in rows),
            sum(row["cost_nano"] or 0 for row in rows),
        )
        for key, rows in having.items()
    ]


def test_what_is_late_or_not_summed_yet_is_counted_once(town: Town) -> None:
    records = tagged()
    book(town.tenant, *records[40:])
    aggregate()
    late = {**records[100], "at": records[100]["at"] + timedelta(seconds=1), "charge_nano": 7}
    book(town.tenant, *records[:40], late)
    records.append(late)

    assert_is_of(answer(town.api("owner"), "cost/by-tag?tag=job"), records, "job")
    aggregate()
    assert_is_of(answer(town.api("owner"), "cost/by-tag?tag=job"), records, "job")


def test_a_range_that_cuts_windows_reads_their_records(town: Town) -> None:
    records = tagged()
    book(town.tenant, *records)
    aggregate()
    start, end = NOW - timedelta(hours=90, seconds=11), NOW - timedelta(hours=7, seconds=1)

    found = answer(
        town.api("owner"),
        f"cost/by-tag?tag=job&from={start:%Y-%m-%dT%H:%M:%SZ}&to={end:%Y-%m-%dT%H:%M:%SZ}",
    )

    assert_is_of(found, [record for record in records if start <= record["at"] < end], "job")


def test_windows_by_tag_are_the_same_however_often_they_are_made(town: Town) -> None:
    book(town.tenant, *tagged())
    aggregate()
    before = content("usage_window_tags")
    assert before

    list(rebuild(span=LONG_AGO))
    aggregate()

    assert content("usage_window_tags") == before


def test_a_new_key_is_of_older_windows_once_they_are_made_anew(town: Town) -> None:
    registered(town)
    records = tagged()
    book(town.tenant, *records)
    aggregate()
    assert content("usage_window_tags") == []
    registered(town, "stage")
    assert answer(town.api("owner"), "cost/by-tag?tag=stage")["data"] == []

    list(rebuild(span=LONG_AGO))

    assert_is_of(answer(town.api("owner"), "cost/by-tag?tag=stage"), records, "stage")
    registered(town)
    list(rebuild(span=LONG_AGO))
    assert content("usage_window_tags") == []


def test_values_beyond_a_thousand_of_a_window_are_one(town: Town) -> None:
    at = NOW - timedelta(hours=1)
    often = [{"at": at, "tags": ["job=zz"], "charge_nano": 1}] * 2
    once = [
        {"at": at, "tags": [f"job={n:04}"], "charge_nano": 10, "in_fresh": 1}
        for n in range(MOST_VALUES + 1)
    ]
    book(town.tenant, *often, *once)
    asked = "cost/by-tag?tag=job&range=24h&top=2"
    exact = answer(town.api("owner"), asked)
    aggregate()

    with platform_scope("test"), connection.cursor() as cursor:
        cursor.execute(
            "SELECT tag_value, requests, charge_nano FROM usage_window_tags"
            " WHERE tag_value IN ('zz', '0998', '0999', '1000', %s) ORDER BY 1",
            [OTHER_VALUES],
        )
        assert sorted(cursor.fetchall()) == [("0998", 1, 10), (OTHER_VALUES, 2, 20), ("zz", 2, 2)]
        cursor.execute("SELECT count(*) FROM usage_window_tags")
        assert cursor.fetchone() == (MOST_VALUES + 1,)
    found = answer(town.api("owner"), asked)
    assert [row["id"] for row in found["data"]] == ["0000", "0001"]
    assert found["other"]["requests"] == MOST_VALUES + 1
    assert found["total"] == exact["total"]
    assert {**found["other"]} == exact["other"]


def test_a_value_has_its_share_its_average_and_its_line(town: Town) -> None:
    book(
        town.tenant,
        {"at": NOW, "tags": ["job=a=b"], "cost_nano": 5, "charge_nano": 6, "out_text": 4},
        {"at": NOW - timedelta(days=1), "tags": ["job=a=b"], "charge_nano": 3},
        {"at": NOW, "tags": ["job="], "charge_nano": 1},
    )

    found = answer(
        Api(tenant=town.tenant).as_user(make_superadmin()), "cost/by-tag?tag=job&range=7d"
    )

    assert found["data"][0] == {
        "id": "a=b", "label": "a=b", "cost": usd(9), "vendor_cost": usd(5), "requests": 2,
        "tokens": 4, "unpriced": 0, "share": 0.9, "avg_cost": usd(4),
        "sparkline": [*[usd(0)] * 5, usd(3), usd(6)],
    }  # fmt: skip
    assert [row["id"] for row in found["data"]] == ["a=b", ""]
    assert found["other"] is None


def test_nothing_used_is_nothing_spent(town: Town) -> None:
    found = answer(town.api("owner"), "cost/by-tag?tag=job")

    assert (found["data"], found["other"], found["total"]["requests"]) == ([], None, 0)


@pytest.mark.parametrize(
    ("role", "status"),
    [("owner", 200), ("admin", 200), ("billing_viewer", 200), ("developer", 403), ("lead", 403)],
)
def test_only_who_sees_all_cost_sees_it_by_tag(town: Town, role: str, status: int) -> None:
    assert town.api(role).get("cost/by-tag?tag=job").status_code == status


def test_a_client_key_sees_nothing_by_tag(town: Town) -> None:
    key = client_key(town, owner=town.people["owner"])

    found = Api().with_key(key.value).get("cost/by-tag?tag=job")  # type: ignore[attr-defined]

    assert (found.status_code, found.json()["code"]) == (403, "management_key_required")


@pytest.mark.parametrize(
    ("query", "keys", "field", "told"),
    [
        ("tag=colour", ["job", "stage"], "tag", "registered: job, stage"),
        ("tag=job", [], "tag", "registered: none"),
        ("", ["job"], "tag", "required"),
        ("tag=job&model=gpt", ["job"], "model", "unknown"),
    ],
)
def test_a_question_about_no_registered_key_is_refused(
    town: Town, query: str, keys: list[str], field: str, told: str
) -> None:
    registered(town, *keys)

    found = town.api("owner").get(f"cost/by-tag?{query}")

    assert found.status_code == 400
    (error,) = found.json()["errors"]
    assert error["field"] == field
    assert told in error["message"]


@pytest.mark.parametrize(
    ("given", "status"),
    [
        (["job", "cost.centre", "team-2"], 200),
        ([], 200),
        (["a", "b", "c", "d", "e", "f"], 400),
        (["job", "job"], 400),
        (["job=x"], 400),
        (["-job"], 400),
        (["j" * 41], 400),
    ],
)
def test_keys_of_tags_are_up_to_five_plain_words(town: Town, given: list[str], status: int) -> None:
    api = town.api("owner")
    changed = api.patch("tenant", {"tag_keys": given})

    assert changed.status_code == status, changed.content
    assert api.get("tenant").json()["tag_keys"] == (given if status == 200 else ["job"])
