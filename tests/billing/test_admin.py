"""AC-51: the books in Django admin, page by page, to look at and never to write."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.ids import new_id
from accounts.models import Tenant
from accounts.tenancy import platform_scope, tenant_scope
from billing.admin_lists import NewestFirst
from billing.models import CostRecordRow, LedgerTransferRow
from billing.record import Record
from tests.browser import Browser, make_person
from tests.factories.accounts import TenantFactory
from tests.factories.providers import UpstreamModelFactory
from tests.factories.records import book, record_of

RECORDS = "/admin/billing/costrecordrow/"
TRANSFERS = "/admin/billing/ledgertransferrow/"
ROOT = "root@example.test"
NOW = datetime.now(tz=UTC).replace(hour=12)


@pytest.fixture
def browser(db: None) -> Iterator[Browser]:
    """A superadmin's, who has passed the second factor."""
    now = int(datetime.now(UTC).timestamp())
    with time_machine.travel(now - now % 30, tick=True):
        make_person(ROOT, superadmin=True)
        made = Browser()
        made.sign_in(email=ROOT)
        made.enrol()
        yield made


@pytest.fixture
def tenants(db: None) -> list[Tenant]:
    with platform_scope("test"):
        return [TenantFactory(slug="first"), TenantFactory(slug="second")]


def some(tenants: list[Tenant], number: int) -> list[Record]:
    """Of two tenants by turns, many at one moment."""
    records = [
        record_of(
            tenant_id=tenants[index % 2].id,
            started_at=NOW - timedelta(seconds=index // 4),
            provider_id=str(new_id()),
            cost_nano=1_000 + index,
            charge_nano=2_000 + index,
        )
        for index in range(number)
    ]
    book(*records)
    return records


def text_of(browser: Browser, url: str) -> str:
    answer = browser.get(url)
    assert answer.status_code == 200, (url, answer.status_code)
    return str(answer.content.decode())


def links(page: str, base: str) -> list[str]:
    return [unescape(link) for link in re.findall(rf'href="({base}[^"?]+/change/)', page)]


def older(page: str) -> str | None:
    found = re.search(r'href="([^"]+)">Older<', page)
    return unescape(found[1]) if found else None


def walk(browser: Browser, url: str, *, query: str = "") -> list[str]:
    seen: list[str] = []
    link: str | None = query
    while link is not None:
        page = text_of(browser, f"{url}{link}")
        seen += links(page, url)
        link = older(page)
    return seen


@pytest.mark.parametrize(("url", "legs"), [(RECORDS, 1), (TRANSFERS, 2)])
def test_page_after_page_shows_every_row_once(
    browser: Browser, tenants: list[Tenant], monkeypatch: pytest.MonkeyPatch, url: str, legs: int
) -> None:
    monkeypatch.setattr(NewestFirst, "list_per_page", 7)
    records = some(tenants, 20)

    seen = walk(browser, url)

    assert len(seen) == len(set(seen)) == 20 * legs
    for record in records:
        assert sum(record.request_id in link for link in seen) == legs


def test_nothing_is_counted_or_skipped_over(browser: Browser, tenants: list[Tenant]) -> None:
    some(tenants, 60)

    with CaptureQueriesContext(
        connection,
    ) as asked:
        for url in (RECORDS, TRANSFERS):
            text_of(browser, f"{url}{older(text_of(browser, url))}")

    of_the_books = [one["sql"] for one in asked if "_rows" in one["sql"]]
    assert of_the_books
    assert not [sql for sql in of_the_books if "COUNT(" in sql or "OFFSET" in sql]


def test_a_later_page_leads_back_to_the_newest(browser: Browser, tenants: list[Tenant]) -> None:
    some(tenants, 60)
    query = "?status=ok"

    page = text_of(browser, f"{RECORDS}{older(text_of(browser, RECORDS + query))}")

    assert f'href="{query}">Newest<' in page
    assert "before=" not in re.sub(r'href="[^"]*">Older', "", page)


@pytest.mark.parametrize("place", ["x", "2026-01-01", "2026-13-01T00:00:00+00:00~k", "~"])
def test_a_place_that_is_none_shows_the_newest(
    browser: Browser, tenants: list[Tenant], place: str
) -> None:
    some(tenants, 1)

    assert len(walk(browser, RECORDS, query=f"?before={place}")) == 1


def test_records_are_found_by_tenant_day_model_status_and_request(
    browser: Browser, tenants: list[Tenant]
) -> None:
    with platform_scope("test"):
        UpstreamModelFactory(public_name="rare-model")
    special = record_of(
        tenant_id=tenants[0].id, started_at=NOW - timedelta(days=1), served_model="rare-model",
        status="canceled",
    )  # fmt: skip
    book(special)
    some(tenants, 4)
    yesterday = special.started_at.date().isoformat()

    for query in (
        f"day={yesterday}", "status=canceled", "model=rare-model", f"q={special.request_id}",
        f"q=req_{special.request_id.replace('-', '')}",
    ):  # fmt: skip
        (link,) = walk(browser, RECORDS, query=f"?{query}")
        assert special.request_id in link
    assert len(walk(browser, RECORDS, query=f"?tenant__id__exact={tenants[1].id}")) == 2
    assert walk(browser, RECORDS, query="?q=nothing") == []
    assert len(walk(browser, RECORDS, query="?day=soon")) == 5
    assert len(walk(browser, RECORDS, query="?day=9999-12-31")) == 5
    page = text_of(browser, RECORDS)
    assert "?model=rare-model" in page
    assert f"?day={NOW.date().isoformat()}" in page


def test_transfers_are_found_by_tenant_day_and_request(
    browser: Browser, tenants: list[Tenant]
) -> None:
    first, *_ = some(tenants, 2)

    assert len(walk(browser, TRANSFERS, query=f"?tenant__id__exact={tenants[0].id}")) == 1
    assert len(walk(browser, TRANSFERS, query=f"?day={NOW.date().isoformat()}")) == 4
    assert len(walk(browser, TRANSFERS, query=f"?q={first.request_id}")) == 2
    assert walk(browser, TRANSFERS, query="?q=nothing") == []


def test_a_row_is_shown_with_its_money(browser: Browser, tenants: list[Tenant]) -> None:
    (record,) = some(tenants, 1)
    key = f"{record.request_id}:0:usage"

    assert "0.000002000" in text_of(browser, f"{RECORDS}{key}/change/")
    transfer = text_of(browser, f"{TRANSFERS}{key}:charge/change/")
    assert "tenant_receivable" in transfer
    assert "0.000002000" in transfer
    for url in (RECORDS, TRANSFERS):
        assert browser.get(f"{url}{new_id()}:0:usage/change/").status_code == 302
        assert browser.get(f"{url}nothing/change/").status_code == 302


def test_what_has_no_price_shows_no_cost(browser: Browser, tenants: list[Tenant]) -> None:
    record = record_of(tenant_id=tenants[0].id, cost_nano=None)
    book(record)

    page = text_of(browser, f"{RECORDS}{record.request_id}:0:usage/change/")

    assert re.search(r"Cost, USD:</label>\s*<div class=\"readonly\">(-|None)</div>", page)


@pytest.mark.parametrize(("url", "end"), [(RECORDS, ""), (TRANSFERS, ":charge")])
def test_every_write_is_refused(
    browser: Browser, tenants: list[Tenant], url: str, end: str
) -> None:
    (record,) = some(tenants, 1)
    row = f"{url}{record.request_id}:0:usage{end}"

    refused = [
        browser.post(f"{url}add/", {}),
        browser.post(f"{row}/change/", {"charge_nano": "1", "_save": "Save"}),
        browser.post(f"{row}/delete/", {"post": "yes"}),
    ]
    browser.post(url, {"action": "delete_selected", "_selected_action": row})

    assert [answer.status_code for answer in refused] == [403, 403, 403]
    with platform_scope("test"):
        assert CostRecordRow.objects.count() == 1
        assert LedgerTransferRow.objects.count() == 2


def test_behind_the_views_a_tenant_sees_its_own_rows(tenants: list[Tenant]) -> None:
    some(tenants, 4)

    with tenant_scope(tenant_id=tenants[0].id), connection.cursor() as cursor:
        for view in ("cost_record_rows", "ledger_transfer_rows"):
            cursor.execute(f"SELECT DISTINCT tenant_id FROM {view}")  # noqa: S608 - from the list
            assert cursor.fetchall() == [(tenants[0].id,)]


def test_views_run_with_the_rights_of_who_asks(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, reloptions::text FROM pg_class c"
            " JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE relkind = 'v' AND nspname = 'public'"
        )
        views: dict[str, Any] = dict(cursor.fetchall())
    assert {"cost_record_rows", "ledger_transfer_rows"} <= views.keys()
    assert set(views.values()) == {"{security_invoker=true}"}
