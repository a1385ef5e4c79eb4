"""`/api/v1/requests/export`: what leaves the house as a file."""

import csv
import io
from typing import Any

import pytest

from accounts.models import AuditEntry
from accounts.tenancy import tenant_scope
from tests.accounts.world import Town, make_town
from tests.billing.exchanges import id_of, make_record

pytestmark = pytest.mark.django_db


@pytest.fixture
def town(db: None) -> Town:
    return make_town()


def test_an_export_neutralises_formulas_and_leaves_numbers(town: Town) -> None:
    """F-77."""
    record = make_record(
        town, requested_model='=HYPERLINK("http://x")', served_model="-5", session_hash="\tx",
        error_code="@sum", charge_nano=-5_000_000_000, degraded=["tools", "images"],
        target_dialect="openai.chat", operation="speech",
    )  # fmt: skip
    answer = town.api("owner").post("requests/export", {"filters": {"status": ["ok", "limited"]}})
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["X-Has-More"] == "false"
    (row,) = csv.DictReader(io.StringIO(answer.content.decode()))
    assert row["requested_model"] == '\'=HYPERLINK("http://x")'
    assert (row["served_model"], row["cost"], row["session"]) == ("-5", "-5.000000000", "'\tx")
    assert (row["id"], row["stream"], row["degraded"]) == (id_of(record), "false", "tools images")
    assert (row["tokens_in"], row["ttft_ms"], row["error_code"]) == ("150", "200", "'@sum")
    assert (row["target_dialect"], row["operation"]) == ("openai.chat", "speech")
    assert row["time"].endswith("Z")


def test_an_export_is_told_to_the_audit_and_holds_what_the_list_shows(town: Town) -> None:
    record, _ = make_record(town), make_record(town, status="limited")
    order = {"format": "json", "filters": {"status": "ok", "range": "1h"}}
    answer = town.api("owner").post("requests/export", order, Idempotency_Key="once")
    told = answer.json()
    assert [row["id"] for row in told["data"]] == [id_of(record)]
    assert told["has_more"] is False
    with tenant_scope(tenant_id=town.tenant.pk):
        entry = AuditEntry.objects.get(action="request.export")
    assert entry.after == {"filters": {"status": ["ok"], "range": ["1h"]}, "rows": 1}


@pytest.mark.parametrize("form", ["csv", "json"])
def test_the_same_records_are_exported_as_the_same_bytes(town: Town, form: str) -> None:
    """F-19."""
    for _ in range(3):
        make_record(town)
    order = {"format": form, "filters": {"range": "24h"}}
    once, twice = (town.api("owner").post("requests/export", order) for _ in range(2))
    assert once.content == twice.content
    assert once.content.count(b"req_") == 3


def test_an_export_is_bounded(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("billing.api.views.requests.MAX_ROWS", 2)
    for _ in range(3):
        make_record(town)
    answer = town.api("owner").post("requests/export", {"format": "csv"})
    assert len(answer.content.decode().splitlines()) == 3
    assert answer.headers["X-Has-More"] == "true"


@pytest.mark.parametrize(
    "order",
    [
        {"format": "xlsx"},
        {"filters": {"status": 1}},
        {"filters": {"colour": "red"}},
        {"filters": {"limit": "5"}},
        {"rows": 5},
    ],
)
def test_an_order_that_cannot_be_read_is_refused(town: Town, order: dict[str, Any]) -> None:
    answer = town.api("owner").post("requests/export", order)
    assert answer.status_code == 400
