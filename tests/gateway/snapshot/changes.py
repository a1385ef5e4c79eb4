"""Changes of the configuration, made as the console makes them, and waiting for what they do."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from accounts.access import Access
from accounts.actors import CLI
from accounts.models import ApiKey
from accounts.selectors.access import access_of_master
from accounts.services import keys
from accounts.tenancy import tenant_scope


def with_access(work: Callable[[Access], Any]) -> Any:
    """Inside the scope of tenant `default`, committed at the end."""
    access = access_of_master(tenant_choice="default")
    with tenant_scope(tenant_id=access.the_tenant().pk):
        return work(access)


def issue(name: str = "k", **fields: Any) -> ApiKey:
    key: ApiKey = with_access(
        lambda access: keys.issue_key(actor=CLI, access=access, fields={"name": name, **fields}).key
    )
    return key


def revoke(key: ApiKey) -> None:
    with_access(
        lambda access: keys.revoke_key(actor=CLI, access=access, key_id=f"key_{key.public_id}")
    )


async def until(holds: Callable[[], bool], *, within_s: float = 10.0) -> float:
    """How long it took."""
    began = time.monotonic()
    async with asyncio.timeout(within_s):
        while not holds():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.002)
    return time.monotonic() - began


async def until_answered(asks: Callable[[], Awaitable[bool]], *, within_s: float = 10.0) -> None:
    async with asyncio.timeout(within_s):
        while not await asks():  # noqa: ASYNC110 - likewise
            await asyncio.sleep(0.01)
