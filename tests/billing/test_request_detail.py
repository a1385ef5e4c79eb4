"""`/api/v1/requests/{id}`: one exchange with its attempts and steps."""

from datetime import datetime, timedelta

import pytest

from accounts.tenancy import platform_scope, tenant_scope
from providers.models import Credential
from tests.accounts.api import Api
from tests.accounts.world import Town, make_superadmin, make_town
from tests.billing.exchanges import id_of, make_record
from tests.factories.providers import ProviderFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def town(db: None) -> Town:
    return make_town()


def test_the_detail_shows_each_attempt_with_its_times(town: Town) -> None:
    final = make_record(
        town,
        attempt=1,
        attempts=2,
        spans=[
            ["authenticate", 0, 40, "gateway", None],
            ["call", 300, 5_300, "upstream", 0],
            ["call", 6_000, 9_000, "upstream", 1],
            ["stream", 9_000, 1_250_000, "upstream", 1],
        ],
    )
    same = {"request_id": final.request_id, "started_at": final.started_at}
    make_record(
        town, **same, attempt=0, final=False, charge_nano=0, status="upstream_error",
        http_status=503, error_code="overloaded", out_text=0, out_reasoning=0, credential_id=None,
    )  # fmt: skip
    make_record(town, **same, attempt=1, kind="refund:1", charge_nano=-23_000)
    with tenant_scope(tenant_id=town.tenant.pk):
        Credential.objects.filter(pk=town.credential.pk).update(suffix="own1")
    detail = town.api("owner").get(f"requests/{id_of(final)}").json()
    assert detail["cost"] == "0.000100000"
    assert detail["spans"][1] == {
        "name": "call", "start_ms": 0.3, "end_ms": 5.3, "side": "upstream", "attempt": 0,
    }  # fmt: skip
    started, ended = (
        datetime.fromisoformat(detail[name]) for name in ("started_at", "finished_at")
    )
    assert ended - started == timedelta(milliseconds=1_250)
    assert detail["parts"] == []
    first, second = detail["attempts"]
    assert first == {
        "attempt": 0,
        "provider": town.provider.slug,
        "credential": town.credential.name,
        "credential_suffix": "",
        "upstream_name": "mock-1-2026",
        "target_dialect": "",
        "status": "upstream_error",
        "http_status": 503,
        "error_code": "overloaded",
        "tokens": {"in_fresh": 100, "in_cache_read": 50},
        "started_ms": 0.3,
        "ended_ms": 5.3,
        "cost": "0.000123000",
        "difference": None,
    }
    assert (second["started_ms"], second["ended_ms"]) == (6.0, 1_250.0)
    assert second["credential_suffix"] == "own1"


def test_each_attempt_tells_what_was_sent_otherwise_by_field(town: Town) -> None:
    changes = [
        ["model", 6, 12, "fast", "gpt-5-mini"],
        ["max_tokens", 4, None, "1024", None],
        ["messages", 5_120, 5_030, None, None],
        ["system", None, 210, None, None],
    ]
    record = make_record(town, attempt=1, target_dialect="openai.chat", difference=[changes, 2])
    same = {"request_id": record.request_id, "started_at": record.started_at, "final": False}
    named = [["model", 6, None, "fast", "gemini-3-flash"]]
    make_record(town, **same, target_dialect="gemini.generate", difference=[named, 0])

    detail = town.api("owner").get(f"requests/{id_of(record)}").json()

    first, second = detail["attempts"]
    assert detail["target_dialect"] == second["target_dialect"] == "openai.chat"
    assert first["target_dialect"] == "gemini.generate"
    assert first["difference"] == {
        "fields": [
            {
                "field": "model",
                "client": {"bytes": 6, "value": "fast"},
                "provider": {"bytes": None, "value": "gemini-3-flash"},
            }
        ],
        "more": 0,
    }
    assert second["difference"] == {
        "fields": [
            {
                "field": "model",
                "client": {"bytes": 6, "value": "fast"},
                "provider": {"bytes": 12, "value": "gpt-5-mini"},
            },
            {"field": "max_tokens", "client": {"bytes": 4, "value": "1024"}, "provider": None},
            {
                "field": "messages",
                "client": {"bytes": 5_120, "value": None},
                "provider": {"bytes": 5_030, "value": None},
            },
            {"field": "system", "client": None, "provider": {"bytes": 210, "value": None}},
        ],
        "more": 2,
    }


def test_what_a_vendor_charges_is_the_platforms_to_know_once_there_is_a_markup(town: Town) -> None:
    record = make_record(town, markup_bp=2_000, charge_nano=147_600)
    path = f"requests/{id_of(record)}"
    own = town.api("owner").get(path).json()
    assert (own["cost"], own["attempts"][0]["cost"]) == ("0.000147600", None)
    superadmin = Api(tenant=town.tenant).as_user(make_superadmin())
    assert superadmin.get(path).json()["attempts"][0]["cost"] == "0.000123000"
    unpriced = make_record(town, cost_nano=None)
    told = town.api("owner").get(f"requests/{id_of(unpriced)}").json()
    assert told["attempts"][0]["cost"] is None


@pytest.mark.parametrize(
    "path",
    [
        "nonsense",
        "req_",
        "req_0198c0de12347000800000000000000f",
        "req_ffffffffffff7fff8fffffffffffffff",
    ],
)
def test_an_id_that_names_nothing_is_not_found(town: Town, path: str) -> None:
    assert town.api("owner").get(f"requests/{path}").status_code == 404


def test_an_exchange_whose_end_is_not_booked_is_not_found_yet(town: Town) -> None:
    record = make_record(town, final=False)
    assert town.api("owner").get("requests").json()["data"] == []
    assert town.api("owner").get(f"requests/{id_of(record)}").status_code == 404


def test_ids_that_clients_of_other_kinds_made_are_found_too(town: Town) -> None:
    record = make_record(town, request_id="5f0d6c1e-53f4-4b6e-9d2f-6f6f2f1c9a11")
    assert town.api("owner").get(f"requests/{record.request_id}").status_code == 200


def test_the_platforms_accounts_with_vendors_are_nobody_elses_business(town: Town) -> None:
    with platform_scope("test"):
        shared = ProviderFactory(tenant=None)
    record = make_record(town, provider_id=shared.pk, credential="main-account", credential_id=None)
    path = f"requests/{id_of(record)}"

    assert town.api("owner").get(path).json()["attempts"][0]["credential"] == ""
    superadmin = Api(tenant=town.tenant).as_user(make_superadmin())
    assert superadmin.get(path).json()["attempts"][0]["credential"] == "main-account"
