"""Rows of the books; made inside whatever scope the test has opened."""

from datetime import UTC, datetime

import factory

from accounts.ids import new_id
from accounts.models import Tenant
from billing.models import CostRecord, DirtyWindow, LedgerAccount, LedgerTransfer
from billing.services.windows import aggregate
from billing.windows import floor


class CostRecordFactory(factory.django.DjangoModelFactory):
    """A delivered answer of a chat, at no cost unless one is given."""

    class Meta:
        model = CostRecord

    started_at = factory.LazyFunction(lambda: datetime.now(tz=UTC))
    request_id = factory.LazyFunction(new_id)
    key_id = "key_of_a_test"
    source = "api"
    dialect = "openai_chat"
    operation = "chat"
    lane = "native"
    requested_model = "gpt-test"
    served_model = "gpt-test"
    provider = "test"
    upstream_name = "gpt-test"
    usage_source = "provider"
    final = True
    status = "ok"
    http_status = 200
    terminated = "complete"
    attempts = 1
    cost_nano = 0
    node = "test"


class LedgerTransferFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = LedgerTransfer

    at = factory.LazyFunction(lambda: datetime.now(tz=UTC))
    id = factory.LazyFunction(lambda: new_id().bytes)
    debit_id = factory.LazyFunction(new_id)
    credit_id = factory.LazyFunction(new_id)
    amount_nano = 1
    kind = "charge"
    ref = factory.Sequence(lambda n: f"test-{n}")


def make_books(*, tenant: Tenant) -> None:
    """A row in every table of the books that a tenant may read, but for windows that wait."""
    record = CostRecordFactory(tenant=tenant, tags=["job=nightly"])
    LedgerTransferFactory(tenant=tenant, at=record.started_at)
    LedgerAccount.objects.create(id=new_id(), tenant=tenant, kind="tenant_usage")
    DirtyWindow.objects.create(tenant=tenant, window_start=floor(record.started_at))
    aggregate()
