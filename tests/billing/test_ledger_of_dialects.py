"""The books hold whatever dialect was asked in and answered in (BL-20)."""

import asyncio
from collections.abc import Iterator
from typing import Final

import pytest
from msgspec import structs

from accounts.ids import new_id
from accounts.models import Tenant
from accounts.tenancy import platform_scope
from billing.models import CostRecord, LedgerTransfer
from billing.record import Record
from billing.selectors.ledger import balances, verify
from gateway.edge.egress.upstream import Disconnected
from gateway.spool.frames import End
from gateway.spool.rows import record_of
from protocols.ir import Dialect
from tests.factories.accounts import TenantFactory
from tests.factories.records import book
from tests.gateway.edge.dialects import DIALECTS, PATHS, frames, question, vendor, whole
from tests.gateway.edge.house import PLAIN, House
from tests.gateway.edge.vendors import SSE, Said, provider, target

EVENTS: Final = {"content-type": "application/vnd.amazon.eventstream"}
PROVIDER: Final = str(new_id())
EMBEDDED: Final = Said(b'{"object":"list","data":[],"usage":{"prompt_tokens":5,"total_tokens":5}}')


def answered(house: House, body: bytes, path: bytes) -> list[End]:
    asyncio.run(house.ask(body, path=path))
    return house.notebook.ends


def ends() -> Iterator[End]:
    """Of every pair, in one piece and as a stream; of vectors; of attempts that failed."""
    for asks in DIALECTS:
        for speaks in DIALECTS:
            for stream in (False, True):
                yield from answered(
                    House(said(speaks, stream=stream), providers=(vendor(speaks),)),
                    question(asks, stream=stream),
                    PATHS[asks][stream],
                )
    embedder = provider(targets=(target(operations=frozenset({"embeddings"})),))
    vectors = House(EMBEDDED, providers=(embedder,))
    yield from answered(vectors, b'{"model":"m","input":"Hi"}', b"/v1/embeddings")
    others = tuple(
        provider(slug, targets=(target(id=f"t-{slug}"),), priority=number)
        for number, slug in enumerate(("a", "b"))
    )
    unanswered = Disconnected("reset", sent=True)
    yield from answered(
        House(unanswered, whole("openai.chat"), providers=others), PLAIN, b"/v1/chat/completions"
    )


def said(dialect: Dialect, *, stream: bool) -> Said:
    if not stream:
        return whole(dialect)
    return Said(*frames(dialect), headers=EVENTS if dialect == "bedrock.converse" else SSE)


@pytest.fixture
def tenant(db: None) -> Tenant:
    with platform_scope("test"):
        return TenantFactory()


def row(end: End, tenant: Tenant) -> Record:
    """As the shipper makes it, but for ids that are none of a database."""
    return structs.replace(
        record_of(end),
        tenant_id=str(tenant.id),
        request_id=str(new_id()),
        provider_id=PROVIDER,
        credential_id=None,
    )


def test_records_of_every_dialect_are_booked_and_verified(tenant: Tenant) -> None:
    records = [row(end, tenant) for end in ends()]
    book(*records)

    assert {(one.dialect, one.stream) for one in records} >= {
        (dialect, stream) for dialect in DIALECTS for stream in (False, True)
    }
    assert {one.dialect for one in records} - set(DIALECTS) == {"openai.embeddings"}
    assert {(one.status, one.cost_certainty) for one in records} == {
        ("ok", "exact"), ("upstream_error", "possible"),
    }  # fmt: skip
    assert verify().count == 0
    billed = [one for one in records if one.cost_certainty == "exact"]
    assert {one.charge_nano for one in billed} == {13_000, 5_000}
    found = {one.kind: one.nano for one in balances()}
    assert found["tenant_receivable"] == sum(one.charge_nano for one in billed)
    assert found["provider_cost"] == sum(one.cost_nano or 0 for one in billed)
    with platform_scope("test"):
        assert LedgerTransfer.objects.count() == 2 * len(billed)
        assert CostRecord.objects.count() == len(records)
