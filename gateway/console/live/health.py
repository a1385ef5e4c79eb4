"""The channel `health`: how the providers are that a person may know of.

Law: rows come from the selectors of the REST list, in its scope, and hold nothing the list would
not show.
"""

import asyncio
import time
from typing import Any, Final

from channels.db import database_sync_to_async
from django.db import DatabaseError
from redis.asyncio import Redis
from redis.exceptions import RedisError

from accounts.access import Access
from accounts.tenancy import tenant_scope
from gateway.console.live.groups import health_group
from gateway.console.live.reading import Reading
from gateway.edge.worker.herald import CHANNEL
from providers.api.serializers.providers import CredentialCount, Status
from providers.ownership import READ, READ_NAMES, scope_of
from providers.selectors.health import with_status
from providers.selectors.providers import visible_providers
from providers.services.upkeep import copy_states

NEEDS: Final = (READ, READ_NAMES)
GATHER_S: Final = 0.1  # what workers tell at about the same time is copied at once
RETRY_S: Final = 1.0
SILENCE_S: Final = 10.0  # after which the subscription is asked whether it lives


def groups(access: Access) -> tuple[str, ...]:
    return health_group(access.the_tenant().id), health_group(None)


def read(access: Access) -> Reading:
    with tenant_scope(tenant_id=access.the_tenant().id), scope_of(access):
        rows = with_status(list(visible_providers(access=access).order_by("slug")))
    counts = [row.__dict__["credential_count"] for row in rows]
    return Reading(
        rows={str(row.pk): _shown(row) for row in rows},
        changes_at=min((one.changes_at for one in counts if one.changes_at), default=None),
    )


def gone(provider_id: str) -> dict[str, Any]:
    return {"provider": provider_id, "status": None, "credentials": None}


def _shown(row: Any) -> dict[str, Any]:
    return {
        "provider": str(row.pk),
        "status": dict(Status(row.status).data),
        "credentials": dict(CredentialCount(row.credential_count).data),
    }


async def copy_what_is_told(redis: Redis) -> None:
    """Copies what workers find out about credentials as soon as they tell it; the task that does
    so by the clock only finds what was missed."""
    while True:
        try:
            async with redis.pubsub(ignore_subscribe_messages=True) as heard:
                await heard.subscribe(CHANNEL)
                await _copy()
                while True:
                    asked_at = time.monotonic()
                    if await heard.get_message(timeout=SILENCE_S) is not None:
                        await asyncio.sleep(GATHER_S)
                        while await heard.get_message(timeout=0) is not None:
                            pass
                        await _copy()
                    elif time.monotonic() - asked_at >= SILENCE_S:
                        await heard.ping()
        except (RedisError, OSError, DatabaseError):
            await asyncio.sleep(RETRY_S)


async def _copy() -> None:
    # Shielded: asgiref may swallow a cancellation while the copy sends its notices.
    await asyncio.shield(asyncio.ensure_future(database_sync_to_async(copy_states)()))
