"""A worker follows every change, and goes on when PostgreSQL or Redis do not."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import pytest
from asgiref.sync import sync_to_async

from accounts.models import ApiKey, Tenant
from accounts.services import keys, tenants
from accounts.selectors.access import access_of_master
from accounts.actors import CLI
from accounts.tenancy import platform_scope, tenant_scope
from gateway.snapshot.subscribe import SnapshotHolder

Started: TypeAlias = Callable[..., Awaitable[SnapshotHolder]]
pytestmark = pytest.mark.usefixtures("committed_db")


@sync_to_async
def issue(**fields: Any) -> ApiKey:
    access = access_of_master(tenant_choice="default")
    with tenant_scope(tenant_id=access.the_tenant().pk):
        return keys.issue_key(actor=CLI, access=access, fields={"name": "k", **fields}).key


async def until(holds: Callable[[], bool], *, within_s: float = 5.0) -> float:
    began = time.monotonic()
    async with asyncio.timeout(within_s):
        while not holds():
            await asyncio.sleep(0.005)
    return time.monotonic() - began


async def test_a_new_key_is_there_within_a_second(started: Started) -> None:
    holder = await started()
    assert holder.problem() == ""
    assert not holder.is_stale()
    before = holder.current
    assert [tenant.slug for tenant in before.tenants.values()] == ["default"]
    key = await issue()
    took = await until(lambda: holder.current.key(key.public_id) is not None)
    assert took < 1
    assert before.key(key.public_id) is None
