"""A worker with its whole pipeline, vendors that say what they are told, and books in memory."""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, cast

import msgspec

from accounts.specs import KeySpec, TenantSpec
from gateway.edge.client_api import client_api
from gateway.edge.edge_settings import EdgeSettings
from gateway.edge.egress.upstream import UpstreamFault
from gateway.edge.identity.possession import Verifier
from gateway.edge.runtime import IN_SCOPE
from gateway.edge.worker.budgets import RetryBudget
from gateway.spool.frames import End, Start
from providers.pool import CredentialPool
from providers.pricebook import PriceBook
from providers.specs import PricePageSpec, PriceSpec, ProviderSpec
from tests.conformance import lane
from tests.gateway.edge.driver import http_scope
from tests.gateway.edge.notebook import Notebook, RecordCounts, books
from tests.gateway.edge.plane import PEPPER, PEPPER_ID, bearer, key_spec, snapshot
from tests.gateway.edge.vendors import (
    CHAT_ANSWER,
    SSE,
    STREAM,
    Client,
    Said,
    Secret,
    Vendors,
    provider,
    target,
)

REQUEST_ID: Final = "req_0192b3c4d5e67890a1b2c3d4e5f60718"
UUID: Final = "0192b3c4-d5e6-7890-a1b2-c3d4e5f60718"
CHAT: Final = b"/v1/chat/completions"
MESSAGES: Final = b"/v1/messages"
# Dollars per million, so that a token of input costs 1,000 nano and one of output 4,000.
PRICE: Final = PriceSpec(
    id="0192b3c4-0000-7000-8000-0000000000aa",
    version="2026-11-20",
    scope="operator",
    model="m",
    rates={"in_fresh": "1", "out_text": "4"},
    variants={"flex": {"in_fresh": "0.5", "out_text": "2"}},
)


def priced(*prices: PriceSpec) -> PriceBook:
    return PriceBook([PricePageSpec(id="page", prices=prices)])


PLAIN: Final = b'{"model":"m","messages":[{"role":"user","content":"Hi"}]}'
STREAMED: Final = b'{"model":"m","messages":[{"role":"user","content":"Hi"}],"stream":true}'
REFUSED: Final = b'{"error":{"message":"no","type":"invalid_request_error"}}'
BODIES: Final = {"whole": PLAIN, "streamed": STREAMED}


class House:
    def __init__(
        self,
        *answers: Said | UpstreamFault,
        providers: tuple[ProviderSpec, ...] = (),
        prices: PriceBook | None = None,
        tenant: Mapping[str, Any] | None = None,
        key: KeySpec | None = None,
        notebook: Notebook | None = None,
        **settings: Any,
    ) -> None:
        specs = providers or (provider(targets=(target(),)),)
        self.vendors = Vendors(*answers)
        self.notebook = notebook or Notebook()
        self.counts = RecordCounts()
        key = key or key_spec()
        view = snapshot(key, providers=specs)
        secrets = {
            credential.id: Secret(f"sk-{credential.id}".encode())
            for spec in specs
            for credential in spec.credentials
        }
        view = msgspec.structs.replace(
            view,
            secrets=cast("Any", secrets),
            prices=priced(PRICE) if prices is None else prices,
            tenants={key.tenant_id: TenantSpec(id=key.tenant_id, slug="acme", **(tenant or {}))},
        )
        worker = lane.runtime(
            snapshot=view,
            upstream=cast("Any", self.vendors),
            pool=CredentialPool(chance=lambda: 0.0),
            metrics=lane.Metrics(),
        )
        self.worker = dataclasses.replace(
            worker,
            retry_budget=RetryBudget(),
            verifier=Verifier({PEPPER_ID: PEPPER}),
            books=books(self.notebook, self.counts),
            settings=EdgeSettings(**settings),
        )

    def publish(self, **fields: Any) -> None:
        """What exchanges that begin from now on see."""
        snapshots: Any = self.worker.snapshots
        snapshots.current = msgspec.structs.replace(snapshots.current, **fields)

    async def ask(
        self,
        body: bytes = b'{"model":"m","messages":[{"role":"user"}]}',
        *,
        path: bytes = CHAT,
        query: bytes = b"",
        client: Client | None = None,
        headers: Mapping[bytes, bytes] | None = None,
        more: bool = False,
    ) -> Client:
        client = client or Client()
        sent_headers = [*(bearer() if headers is None else headers).items()]
        scope = http_scope(path, method="POST", headers=sent_headers)
        scope["path"] = path.decode()
        scope["query_string"] = query
        scope["state"] = {IN_SCOPE: self.worker, "request_id": REQUEST_ID}
        parts = [{"type": "http.request", "body": body, "more_body": more}]

        async def receive() -> Any:
            return parts.pop() if parts else await client.receive()

        await client_api(scope, receive, client.send)
        return client


def answer(body: bytes) -> Said:
    """What a vendor says to this question."""
    return Said(*STREAM, headers=SSE) if body is STREAMED else Said(CHAT_ANSWER)


def told_by(house: House) -> tuple[list[Start], End]:
    """All attempts have begun and ended, each once, and one END is final: the last."""
    notebook = house.notebook
    starts, ends = notebook.starts, notebook.ends
    final = notebook.final
    if starts:
        assert [start.attempt for start in starts] == list(range(len(starts)))
        assert sorted(end.attempt for end in ends) == list(range(len(starts)))
        assert final.attempt == len(starts) - 1
        assert final.outcome.attempts == len(starts)
    else:
        assert ends == [final]
        assert final.attempt == 0
    assert {frame.request_id for frame in notebook.frames} == {UUID}
    assert len({frame.started_us for frame in notebook.frames}) == 1
    return starts, final


async def leave(house: House, body: bytes, *, when: Callable[[Client], Awaitable[None]]) -> Client:
    client = Client()
    asking = asyncio.create_task(house.ask(body, client=client))
    await when(client)
    client.leave()
    await asyncio.wait_for(asking, 5)
    return client


async def ticks(_client: Client) -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def first_bytes(client: Client) -> None:
    while not client.body:  # noqa: ASYNC110 - the loop does it
        await asyncio.sleep(0)
