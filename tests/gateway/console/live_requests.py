"""Subscribing to the channel `requests`, and what the shipper tells it."""

import asyncio
from typing import Any

from channels.testing import WebsocketCommunicator

from gateway.edge.runtime import Runtime
from gateway.spool.shipment import Shipment
from gateway.telemetry.live_rows import LiveRows
from tests.accounts.world import Town
from tests.gateway.console.sockets import opened_by, said


def of(town: Town, **fields: Any) -> dict[str, Any]:
    """Fields of a frame of the developer's key."""
    return {
        "tenant_id": str(town.tenant.pk),
        "user_id": str(town.people["developer"].pk),
        "team_id": str(town.team.pk),
        "key_id": f"key_{town.key.public_id}",
        **fields,
    }


async def tell(shipper: LiveRows, *shipments: Shipment) -> None:
    for shipment in shipments:
        await asyncio.to_thread(shipper.follow, shipment)


async def ask(opened: WebsocketCommunicator, town: Town, **more: Any) -> dict[str, Any]:
    """The answer."""
    wish = {"op": "sub", "id": 1, "tenant": town.tenant.slug, "ch": "requests", **more}
    await opened.send_json_to(wish)
    return await said(opened)


async def subscribed(
    runtime: Runtime, town: Town, role: str = "owner", **more: Any
) -> tuple[WebsocketCommunicator, str]:
    """With the cursor of the answer."""
    opened = await opened_by(runtime, town.people[role])
    answer = await ask(opened, town, **more)
    assert (answer["op"], answer["id"]) == ("ok", 1)
    return opened, answer["cursor"]


async def statuses(opened: WebsocketCommunicator, count: int) -> dict[str, str]:
    """By id, of the next frames, until so many requests were told."""
    found: dict[str, str] = {}
    while len(found) < count:
        found |= {row["id"]: row["status"] for row in (await said(opened))["rows"]}
    return found
