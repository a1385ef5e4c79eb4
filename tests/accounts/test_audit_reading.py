"""Who may read the audit log, and how it leaves the house."""

import asyncio
import csv
import io
from typing import Any

import msgspec
import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.test import AsyncClient

from accounts import audit
from accounts.actors import CLI
from accounts.api.audit_export import cell
from accounts.models import AuditEntry, User
from accounts.tenancy import tenant_scope
from tests.accounts.api import BACKEND
from tests.accounts.world import Town, fill_chain, make_town


def rows_of(town: Town) -> list[AuditEntry]:
    with tenant_scope(tenant_id=town.tenant.id):
        return list(AuditEntry.objects.order_by("seq"))


def test_developers_read_their_own_doing_and_billing_viewers_billing(town: Town) -> None:
    town.api("owner").post("teams", {"name": "T"})
    town.api("developer").post("keys", {"name": "mine"})
    with tenant_scope(tenant_id=town.tenant.id):
        audit.record(
            actor=CLI,
            action="budget.update",
            target=audit.Target(type="budget", id="b"),
            tenant_id=town.tenant.id,
        )

    def read(role: str) -> list[str]:
        return [row["action"] for row in town.api(role).get("audit").json()["data"]]

    assert read("developer") == ["key.create"]
    assert read("billing_viewer") == ["budget.update"]
    assert read("admin")[-3:] == ["budget.update", "key.create", "team.create"]
    assert town.api("developer").get("audit/verify").status_code == 403


def test_reading_is_told_too(town: Town) -> None:
    api = town.api("admin")
    api.get("audit?q=x")
    api.get("audit/verify")
    b"".join(api.get("audit/export"))

    assert [row.action for row in rows_of(town)] == ["audit.read", "audit.verify", "audit.export"]
    assert rows_of(town)[0].after == {"filters": {"q": "x"}}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("action=team.create", 1),
        ("action=team", 2),
        ("action=te", 0),
        ("object_type=team", 2),
        ("object_id={team}", 1),
        ("actor={email}", 2),
        ("actor={user}", 2),
        ("q=Other", 1),
        ("q=%25", 0),
        ("from=2020-01-01T00:00:00Z", 2),
        ("to=2020-01-01T00:00:00Z", 0),
    ],
)
def test_rows_are_found_by_filter(town: Town, query: str, found: int) -> None:
    api = town.api("owner")
    team = api.post("teams", {"name": "Other"}).json()["id"]
    api.patch(f"teams/{team}", {"name": "Name"})
    owner: User = town.people["owner"]
    filled = query.format(team=town.team.id, email=owner.email, user=owner.id)
    if "object_id" in query:
        filled, found = f"object_id={team}", 2

    rows = api.get(f"audit?{filled}").json()["data"]

    assert len(rows) == found


def test_the_export_carries_the_whole_chain_and_its_signed_head(town: Town) -> None:
    fill_chain(town.tenant, 3)
    answer = town.api("owner").get("audit/export?format=csv")

    rows = list(csv.DictReader(io.StringIO(b"".join(answer).decode())))

    assert [row["seq"] for row in rows] == ["1", "2", "3"]
    assert answer["X-Audit-Head-Seq"] == "3"
    assert answer["X-Audit-Head-Hash"] == rows[-1]["hash"]
    assert len(answer["X-Audit-Head-Signature"]) == 64
    assert answer["Content-Disposition"].startswith("attachment;")


def test_under_asgi_two_exports_at_once_never_mix(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accounts.api.audit_export.PAGE_ROWS", 2)
    towns = [town, make_town()]
    for place in towns:
        fill_chain(place.tenant, 7)

    async def export(place: Town) -> str:
        client = AsyncClient()
        await sync_to_async(client.force_login)(place.people["owner"], backend=BACKEND)
        answer: Any = await client.get("/api/v1/audit/export?format=json")
        return b"".join([chunk async for chunk in answer]).decode()

    async def export_all() -> list[str]:
        return list(await asyncio.gather(*map(export, towns)))

    # Synchronous code runs in this thread then, and so in this test's transaction.
    texts = async_to_sync(export_all)()

    for place, text in zip(towns, texts, strict=True):
        told = msgspec.json.decode(text)
        assert [row["seq"] for row in told["data"]] == [1, 2, 3, 4, 5, 6, 7]
        assert {row["chain"] for row in told["data"]} == {str(place.tenant.id)}


def test_an_export_reads_page_after_page(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.api.audit_export.PAGE_ROWS", 2)
    fill_chain(town.tenant, 5)

    for form in ("csv", "json"):
        text = b"".join(town.api("owner").get(f"audit/export?format={form}")).decode()
        assert text.count("key_x") == 5


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+1+1", "'+1+1"),
        ("-cmd", "'-cmd"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("-12.5", "-12.5"),
        (-3, "-3"),
        (12, "12"),
        ("plain", "plain"),
        (None, ""),
        ({"a": 1}, '{"a":1}'),
    ],
)
def test_no_cell_is_a_formula_and_numbers_stay(value: Any, shown: str) -> None:
    """F-77."""
    assert cell(value) == shown


def test_a_key_with_a_formula_for_a_name_is_harmless_in_the_export(town: Town) -> None:
    town.api("owner").post("teams", {"name": "=cmd()"})

    text = b"".join(town.api("owner").get("audit/export")).decode()

    assert ",'=cmd()," in text
