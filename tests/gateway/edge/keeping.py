"""Vendors that keep their answers, and clients who go on with them."""

import dataclasses
from typing import Any, Final

import msgspec

from accounts.specs import TenantSpec
from gateway.edge.client_api import client_api
from gateway.edge.runtime import IN_SCOPE
from tests.gateway.edge.driver import http_scope
from tests.gateway.edge.house import REQUEST_ID, House
from tests.gateway.edge.plane import bearer
from tests.gateway.edge.shelf import HMAC_KEY, Shelf, kept_answers
from tests.gateway.edge.vendors import Client, Said, provider, target

RESPONSES: Final = b"/v1/responses"
OTHER: Final = "0192b3c4-0000-7000-8000-00000000beef"
ID: Final = "resp_theirs"


def answer(id_: str = ID, **more: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "object": "response",
        "status": "completed",
        "error": None,
        "store": True,
        "output": [{"type": "message", "id": f"msg_{id_}", "content": []}],
        "usage": {"input_tokens": 5, "output_tokens": 2, "total_tokens": 7},
        **more,
    }


def said(id_: str = ID, **more: Any) -> Said:
    return Said(msgspec.json.encode(answer(id_, **more)))


def house(*answers: Any, shelf: Shelf | None = None, tenants: int = 2, **more: Any) -> House:
    """Two vendors of Responses with two credentials each, shared by two tenants."""
    row: dict[str, Any] = {"keys": ("k1", "k2"), "kind": "openai"}
    more.setdefault(
        "providers",
        tuple(
            provider(slug, targets=(target("m", id=f"t-{slug}", price_model="m"),), **row)
            for slug in ("one", "two")
        ),
    )
    gateway = House(*answers, **more)
    gateway.worker = dataclasses.replace(
        gateway.worker, kept_answers=kept_answers(shelf), hmac_key=HMAC_KEY
    )
    (mine,) = gateway.worker.snapshots.current.tenants
    known = {mine: TenantSpec(id=mine, slug="acme")}
    if tenants > 1:
        known[OTHER] = TenantSpec(id=OTHER, slug="other")
    gateway.publish(tenants=known)
    return gateway


async def ask(gateway: House, path: bytes = RESPONSES, **body: Any) -> Client:
    return await gateway.ask(msgspec.json.encode({"model": "m", "input": "Hi", **body}), path=path)


async def about(gateway: House, path: str, *, method: str = "GET", query: bytes = b"") -> Client:
    client = Client()
    scope = http_scope(path.encode(), method=method, headers=[*bearer().items()])
    scope["path"], scope["query_string"] = path, query
    scope["state"] = {IN_SCOPE: gateway.worker, "request_id": REQUEST_ID}
    parts = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Any:
        return parts.pop() if parts else await client.receive()

    await client_api(scope, receive, client.send)
    return client


def error_of(client: Client) -> Any:
    return msgspec.json.decode(client.body)["error"]
