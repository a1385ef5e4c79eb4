"""`/api/v1/requests`: who sees which exchanges, by what they are found, and how they leave."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import BooleanField, Q
from django.db.models.expressions import RawSQL
from django.test.utils import CaptureQueriesContext

from accounts.api import base
from accounts.ids import new_id
from billing.models import SpoolProgress
from billing.selectors import requests as selectors
from tests.accounts.api import Api
from tests.accounts.world import Town, make_superadmin, make_town
from tests.billing.exchanges import id_of, make_record

pytestmark = pytest.mark.django_db


@pytest.fixture
def town(db: None) -> Town:
    return make_town()


def listed(town: Town, query: str = "", *, role: str = "owner") -> list[str]:
    answer = town.api(role).get(f"requests?{query}")
    assert answer.status_code == 200, answer.content
    return [row["id"] for row in answer.json()["data"]]


def refused(town: Town, query: str) -> dict[str, Any]:
    answer = town.api("owner").get(f"requests?{query}")
    assert answer.status_code == 400
    problem: dict[str, Any] = answer.json()
    return problem


def test_a_row_says_what_was_asked_and_what_came_of_it(town: Town) -> None:
    record = make_record(
        town,
        degraded=["tools"],
        session_hash="s-1",
        target_dialect="anthropic.messages",
        operation="images",
    )
    answer = town.api("owner").get("requests").json()
    assert answer["data"] == [
        {
            "id": id_of(record),
            "time": record.started_at.isoformat().replace("+00:00", "Z"),
            "status": "ok",
            "http_status": 200,
            "error_code": "",
            "requested_model": "fast",
            "served_model": "mock-1",
            "provider": town.provider.slug,
            "key": {
                "id": f"key_{town.key.public_id}",
                "name": town.key.name,
                "mask": answer["data"][0]["key"]["mask"],
            },
            "user": {
                "id": str(town.people["developer"].pk),
                "name": town.people["developer"].display_name or town.people["developer"].email,
            },
            "session": "s-1",
            "dialect": "openai_chat",
            "target_dialect": "anthropic.messages",
            "operation": "images",
            "lane": "native",
            "source": "api",
            "stream": False,
            "tokens": {"in": 150, "out": 320, "cached": 50},
            "ttft_ms": 200,
            "latency_ms": 1_250,
            "overhead_ms": 0.3,
            "tok_s": 320.0,
            "cost": "0.000123000",
            "priced": True,
            "attempts": 1,
            "fallback": False,
            "cache": "none",
            "degraded": ["tools"],
            "simulated": False,
        }
    ]
    assert answer["data"][0]["key"]["mask"].startswith(f"sy-live-{town.key.public_id}")
    assert (answer["has_more"], answer["next_cursor"]) == (False, None)
    assert (answer["complete_to"], answer["delivered_to"]) == (None, None)


def test_an_answer_says_how_far_the_books_are(town: Town) -> None:
    now = datetime.now(UTC)
    SpoolProgress.objects.create(
        node="n1", delivered_to=now, oldest_open=now - timedelta(minutes=2), seen_at=now
    )
    answer = town.api("owner").get("requests").json()
    assert answer["complete_to"] < answer["delivered_to"]


def test_an_exchange_is_one_row_whose_cost_is_all_that_was_booked(town: Town) -> None:
    final = make_record(town, attempt=1, attempts=2)
    same = {"request_id": final.request_id, "started_at": final.started_at}
    make_record(town, **same, attempt=0, final=False, charge_nano=0, status="upstream_error")
    for kind, nano in (("correction", 1_000), ("refund:r1", -24_000)):
        make_record(town, **same, attempt=1, kind=kind, charge_nano=nano, cost_nano=nano)
    (row,) = town.api("owner").get("requests").json()["data"]
    assert (row["status"], row["attempts"], row["fallback"]) == ("ok", 2, True)
    assert row["cost"] == "0.000100000"
    assert listed(town, "cost_gte=0.0001") == [id_of(final)]
    assert listed(town, "cost_gte=0.000100001") == []


def test_what_nobody_knew_a_price_of_costs_null(town: Town) -> None:
    make_record(town, cost_nano=None, charge_nano=0)
    (row,) = town.api("owner").get("requests").json()["data"]
    assert (row["cost"], row["priced"]) == (None, False)


def test_what_the_tenant_has_a_price_of_its_own_for_is_priced(town: Town) -> None:
    record = make_record(town, cost_nano=None, charge_nano=7, charge_price_id=new_id())
    api = town.api("owner")
    (row,) = api.get("requests").json()["data"]
    assert (row["cost"], row["priced"]) == ("0.000000007", True)
    assert api.get(f"requests/{id_of(record)}").json()["priced"] is True


def test_pages_follow_each_other_without_loss_or_repeat(town: Town) -> None:
    moment = datetime.now(UTC) - timedelta(minutes=1)
    records = [
        make_record(town, started_at=moment - timedelta(seconds=number // 3)) for number in range(9)
    ]
    wanted = sorted(records, key=lambda row: (row.started_at, row.request_id.int), reverse=True)
    api, found, cursor = town.api("admin"), [], ""
    for _ in range(3):
        page = api.get(f"requests?limit=4&status=ok{cursor}").json()
        found += [row["id"] for row in page["data"]]
        cursor = f"&cursor={page['next_cursor']}"
    assert found == [id_of(record) for record in wanted]
    assert (page["has_more"], page["next_cursor"]) == (False, None)


def test_a_cursor_belongs_to_its_tenant_and_its_filters(town: Town) -> None:
    other = make_town()
    for _ in range(2):
        make_record(town)
        make_record(other)
    cursor = town.api("owner").get("requests?limit=1&status=ok").json()["next_cursor"]
    for api, query in (
        (other.api("owner"), "status=ok"),
        (town.api("owner"), "status=error"),
        (town.api("owner"), "status=ok&status=limited"),
        (town.api("owner"), ""),
    ):
        answer = api.get(f"requests?limit=1&{query}&cursor={cursor}")
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_cursor")
    assert town.api("owner").get(f"requests?limit=1&status=ok&cursor={cursor}").status_code == 200


def test_each_role_sees_what_is_its_to_see(town: Town) -> None:
    mine = make_record(town, team_id=None)
    teams = make_record(town, user_id=town.people["billing_viewer"].pk)
    nobodys = make_record(town, team_id=None, user_id=None)
    assert set(listed(town)) == {id_of(row) for row in (mine, teams, nobodys)}
    assert listed(town, role="developer") == [id_of(mine)]
    assert listed(town, role="lead") == [id_of(teams)]
    assert town.api("billing_viewer").get("requests").status_code == 403
    developer = town.api("developer")
    assert developer.get(f"requests/{id_of(mine)}").status_code == 200
    for other in (teams, nobodys):
        assert developer.get(f"requests/{id_of(other)}").status_code == 404
    exported = developer.post("requests/export", {"format": "json"}).json()
    assert [row["id"] for row in exported["data"]] == [id_of(mine)]
    assert sum(developer.get("requests/histogram").json()["ok"]) == 1


def test_another_tenant_has_no_such_request(town: Town) -> None:
    record = make_record(make_town())
    assert listed(town) == []
    assert listed(town, f"q={id_of(record)}") == []
    assert town.api("owner").get(f"requests/{id_of(record)}").status_code == 404
    superadmin = Api(tenant=town.tenant).as_user(make_superadmin())
    assert superadmin.get(f"requests/{id_of(record)}").status_code == 404


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("status=limited", {"status": "limited"}),
        ("status=error", {"status": "interrupted"}),
        ("error_code=rate_limited", {"error_code": "rate_limited"}),
        ("requested_model=opus", {"requested_model": "opus"}),
        ("served_model=gpt-5", {"served_model": "gpt-5"}),
        ("provider=elsewhere", {"provider": "elsewhere"}),
        ("credential=second", {"credential": "second"}),
        ("key=key_000000000000", {"key_id": "key_000000000000"}),
        ("session=abc", {"session_hash": "abc"}),
        ("source=playground", {"source": "playground"}),
        ("dialect=anthropic_messages", {"dialect": "anthropic_messages"}),
        ("target_dialect=bedrock.converse", {"target_dialect": "bedrock.converse"}),
        ("lane=translation", {"lane": "translation"}),
        ("stream=true", {"stream": True}),
        ("cache=exact&cache=semantic", {"cache_state": "semantic"}),
        ("fallback=true", {"attempts": 3}),
        ("degraded=tools", {"degraded": ["images", "tools"]}),
        ("cost_gte=0.5", {"charge_nano": 500_000_000}),
        ("latency_ms_gte=2000", {"latency_ms": 2_000}),
        ("tokens_gte=1000", {"in_audio": 530}),
        ("q=OPU", {"requested_model": "claude-opus"}),
        ("q=_LIM", {"error_code": "rate_limited"}),
    ],
)
def test_a_filter_finds_what_fits_and_its_negation_the_rest(
    town: Town, query: str, fields: dict[str, Any]
) -> None:
    plain, special = make_record(town), make_record(town, **fields)
    assert listed(town, query) == [id_of(special)]
    negated = "&".join(f"not.{part}" for part in query.split("&"))
    assert listed(town, negated) == [id_of(plain)]


def test_people_and_providers_are_found_by_id(town: Town) -> None:
    record = make_record(town)
    make_record(town, user_id=None, provider_id=None, provider="", credential_id=None)
    for query in (
        f"user={record.user_id}",
        f"provider={record.provider_id}",
        f"credential={record.credential_id}",
        f"q={id_of(record)}",
        f"q={record.request_id}",
    ):
        assert listed(town, query) == [id_of(record)]


def test_names_are_all_asked_for_and_values_are_alternatives(town: Town) -> None:
    made = {
        (status, model): id_of(make_record(town, status=status, requested_model=model))
        for status in ("ok", "limited", "canceled")
        for model in ("a", "b")
    }
    found = listed(town, "status=ok&status=limited&not.requested_model=b")
    assert set(found) == {made["ok", "a"], made["limited", "a"]}


def test_ranges_are_up_to_now_or_between_two_moments(town: Town) -> None:
    now = datetime.now(UTC)
    recent = make_record(town)
    older = make_record(town, started_at=now - timedelta(hours=3))
    assert listed(town, "range=1h") == [id_of(recent)]
    assert listed(town) == [id_of(recent), id_of(older)]
    start, end = (f"{now - timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}" for hours in (4, 2))
    assert listed(town, f"from={start}&to={end}") == [id_of(older)]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("colour=red", "colour"),
        ("not.colour=red", "not.colour"),
        ("status=fine", "status"),
        ("stream=1", "stream"),
        ("user=lei", "user"),
        ("cost_gte=1e3", "cost_gte"),
        ("cost_gte=-1", "cost_gte"),
        ("latency_ms_gte=%C2%B2", "latency_ms_gte"),
        ("requested_model=", "requested_model"),
        ("requested_model=%00", "requested_model"),
        (f"q={'x' * 201}", "q"),
        ("&".join(f"q={number}" for number in range(51)), "q"),
        ("range=2h", "range"),
        ("range=1h&range=6h", "range"),
        ("range=1h&from=2026-02-04T10:30:00Z&to=2026-02-05T10:30:00Z", "range"),
        ("from=2026-02-04T10:30:00Z", "range"),
        ("from=2026-02-04T10:30:00&to=2026-02-05T10:30:00Z", "from"),
        ("from=2026-02-04T10:30:00Z&to=2026-02-31T10:30:00Z", "to"),
        ("from=2026-02-05T10:30:00Z&to=2026-02-05T10:30:00Z", "to"),
        ("from=0001-01-01T00:00:00%2B14:00&to=2026-02-05T10:30:00Z", "from"),
        ("from=2026-02-05T10:30:00Z&to=9999-12-31T23:59:59-14:00", "to"),
        ("limit=0", "limit"),
    ],
)
def test_what_is_no_filter_is_named(town: Town, query: str, field: str) -> None:
    problem = refused(town, query)
    assert [error["field"] for error in problem["errors"]] == [field]


def test_figures_beyond_every_column_find_nothing(town: Town) -> None:
    make_record(town)
    assert listed(town, f"latency_ms_gte={10**18}") == []
    assert listed(town, "cost_gte=99999999999") == []


def test_the_histogram_counts_by_status_what_the_list_shows(town: Town) -> None:
    now = datetime.now(UTC)
    for minutes, status in ((50, "ok"), (50, "ok"), (10, "limited"), (10, "upstream_error")):
        make_record(town, started_at=now - timedelta(minutes=minutes), status=status)
    make_record(town, attempt=1, final=False)
    told = town.api("owner").get("requests/histogram?range=1h&not.status=limited").json()
    assert told["bucket_s"] == 30
    assert 120 <= len(told["t"]) <= 121
    assert {status: sum(told[status]) for status in ("ok", "limited", "upstream_error")} == {
        "ok": 2,
        "limited": 0,
        "upstream_error": 1,
    }
    assert len({len(told[name]) for name in ("t", "ok", "canceled", "interrupted")}) == 1
    (busy,) = (position for position, count in enumerate(told["ok"]) if count)
    start = datetime.fromisoformat(told["t"][busy])
    assert start <= now - timedelta(minutes=50) < start + timedelta(seconds=30)


def test_the_histogram_of_years_has_no_more_than_300_bars(town: Town) -> None:
    for query in ("range=90d", "from=1990-01-01T00:00:00Z&to=2030-01-01T00:00:00Z"):
        told = town.api("owner").get(f"requests/histogram?{query}").json()
        assert len(told["t"]) <= 300


@pytest.mark.parametrize("path", ["requests?range=30d", "requests/histogram?range=30d"])
def test_a_question_that_takes_too_long_is_answered_with_narrower_ones(
    town: Town, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "STATEMENT_TIMEOUT", "300ms")
    make_record(town)
    slowly = RawSQL("pg_sleep(5) IS NOT NULL", [], BooleanField())
    monkeypatch.setattr(selectors, "where", lambda _conditions: Q(slowly))
    answer = town.api("owner").get(path)
    assert (answer.status_code, answer.json()["code"]) == (422, "range_too_wide")
    newer, older = answer.json()["suggestions"]
    assert older["from"] < older["to"] == newer["from"] < newer["to"]


def test_a_page_is_found_by_the_index_and_counts_nothing(town: Town) -> None:
    make_record(town)
    with CaptureQueriesContext(connection) as asked:
        listed(town, "status=ok")
    (page,) = [query["sql"] for query in asked if 'FROM "cost_records"' in query["sql"]]
    assert "COUNT(" not in page
    assert page.count("LIMIT 51") == 1
