"""The pipeline as it runs in a worker, with a snapshot by hand and real sockets to vendors.

No database, no Redis: what a request needs is in memory, and a query would fail these tests.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any, Final, cast
from urllib.parse import quote

import msgspec

from accounts import keys
from accounts.specs import KeySpec, SecretSpec, TenantSpec
from gateway.edge.client_api import client_api
from gateway.edge.edge_settings import EdgeSettings
from gateway.edge.egress.aiohttp_client import AiohttpUpstream
from gateway.edge.exchange import Exchange
from gateway.edge.identity.possession import FailureMeter, Verifier
from gateway.edge.memory.kept_answers import Place
from gateway.edge.memory.vault import Found, PinFound
from gateway.edge.runtime import IN_SCOPE, Runtime
from gateway.edge.worker.budgets import DrainSlots, OpenExchanges, RetryBudget
from gateway.edge.worker.slots import Slots
from gateway.snapshot.snapshot import SHARD_CHARS, Snapshot
from protocols.codec import Target
from protocols.ir import Dialect
from protocols.openai_responses.kept import named_by
from protocols.registry import NATIVE
from providers.adapters.registry import ADAPTERS
from providers.addresses import AddressPolicy
from providers.pool import CredentialPool
from providers.resolver import Resolver, tls_context
from providers.secrets import Secret
from providers.specs import CredentialSpec, ProviderSpec, TargetSpec
from routing.names import Names
from tests.conformance.corpus import dialect_of, is_invoked, path_of
from tests.conformance.expectation import upstream_model
from tests.conformance.replay import Replay
from tests.gateway.edge.notebook import Notebook, books
from tests.gateway.edge.shelf import kept_answers
from tests.protocols.corpus import Record

TENANT: Final = "018f0000-0000-7000-8000-000000000001"
PEPPER: Final = "pepper-of-the-tests-with-thirty-two-characters"
KEY: Final = keys.mint(environment="live")
LOOPBACK: Final = AddressPolicy(
    allow=(ip_network("127.0.0.0/8"),), http_hosts=frozenset({"127.0.0.1"})
)
# Headers of clients that vendors of the dialect are told.
TOLD: Final = ("anthropic-version", "anthropic-beta")


class Answer(msgspec.Struct, kw_only=True):
    status: int
    headers: dict[bytes, bytes]
    body: bytes
    exchange: Exchange


@dataclass
class Snapshots:
    current: Snapshot

    def now(self) -> float:
        return time.time()  # noqa: TID251 - what the holder's clock says

    def is_stale(self) -> bool:
        return False


@dataclass
class Metrics:
    """What the records stage hands on: the whole exchange."""

    last: Exchange | None = None

    def exchange(self, exchange: Exchange, *, ended_at: float) -> None:
        assert ended_at >= exchange.arrival.began_at
        self.last = exchange

    def upstream(self, **_said: Any) -> None: ...
    def lost(self, **_said: Any) -> None: ...
    def sealed(self, **_said: Any) -> None: ...
    def disordered(self, **_said: Any) -> None: ...
    def canceled(self, *, seconds: float) -> None: ...

    unnoted_count: int = 0

    def unnoted(self) -> None:
        self.unnoted_count += 1

    def stream_opened(self) -> None: ...
    def stream_closed(self) -> None: ...


class Alone:
    """There are no other workers, and the pool knows the one configuration there is."""

    def follow(self, snapshot: Snapshot) -> None: ...
    def announce(self, changes: Iterable[object]) -> None: ...


class Empty:
    """A vault without Redis, which therefore is out."""

    clock = staticmethod(time.monotonic)
    wait_s = 0.0

    async def keep(self, _tenant_id: str, _entries: object, *, within_s: float) -> bool:
        return within_s < 0

    async def find(self, _tenant_id: str, _names: object) -> Found:
        return Found()

    async def pin(self, _tenant_id: str, _session: str) -> PinFound:
        return PinFound()

    def set_pin(self, _tenant_id: str, _session: str, _pin: object) -> None: ...


class OneTry(RetryBudget):
    """A vendor's error is told at once: what is tried again is not the matter of these tests."""

    def allows(self, provider_id: str) -> bool:
        return False


def runtime(
    *,
    snapshot: Snapshot,
    upstream: AiohttpUpstream,
    pool: CredentialPool,
    metrics: Metrics,
    notebook: Notebook | None = None,
) -> Runtime:
    """A worker's, without what only its start and its pages need."""
    absent: Any = None
    return Runtime(
        state=absent,
        cache=absent,
        broker=absent,
        drain=absent,
        readiness=absent,
        snapshots=cast("Any", Snapshots(snapshot)),
        settings=EdgeSettings(),
        upstream=upstream,
        media=upstream,
        pool=pool,
        herald=cast("Any", Alone()),
        retry_budget=OneTry(),
        drain_slots=DrainSlots(),
        open_exchanges=OpenExchanges(),
        verifier=Verifier({keys.pepper_id(PEPPER): PEPPER}),
        failures=FailureMeter(per_minute=30, addresses=10),
        slots=Slots(most=9, most_per_key=9, most_per_address=0),
        books=books(notebook),
        vault=cast("Any", Empty()),
        kept_answers=kept_answers(),
        hmac_key=b"k" * 32,
        native=NATIVE,
        adapters=ADAPTERS,
        metrics=cast("Any", metrics),
        flush=lambda: None,
    )


class Lane:
    def __init__(self, worker: Runtime, metrics: Metrics) -> None:
        self._worker = worker
        self._metrics = metrics

    async def ask(self, exchange: Record, *, body: bytes) -> Answer:
        headers = [
            (b"host", b"gateway.example"),
            (b"authorization", f"Bearer {KEY.value}".encode()),
            (b"content-type", b"application/json"),
        ]
        headers += [
            (name.encode(), value.encode())
            for name, value in exchange.request.headers.items()
            if name in TOLD
        ]
        await self._remember(exchange)
        path, model = path_of(exchange.api) or "", f"{slug_of(exchange)}.{upstream_model(exchange)}"
        scope = {
            "type": "http",
            "method": "POST",
            "path": path.format(model=model),
            "raw_path": path.format(model=quote(model, safe="")).encode(),
            "query_string": b"alt=sse" if ":stream" in path else b"",
            "headers": headers,
            "client": ("192.0.2.9", 4711),
            "state": {IN_SCOPE: self._worker, "request_id": exchange.id},
        }
        return await self._run(scope, body)

    async def _remember(self, exchange: Record) -> None:
        """What a recording goes on with was answered by its own vendor."""
        if dialect_of(exchange) != "openai.responses":
            return
        top = msgspec.json.decode(exchange.request.json, type=dict[str, msgspec.Raw])
        ids = [id_ for _, id_ in named_by(top).fields()]
        place = Place(
            f"provider-{exchange.id}", upstream_model(exchange), f"credential-{exchange.id}"
        )
        await self._worker.kept_answers.note(ids, place, tenant_id=TENANT)

    async def _run(self, scope: dict[str, Any], body: bytes) -> Answer:
        waiting: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        waiting.put_nowait({"type": "http.request", "body": body, "more_body": False})
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        await client_api(scope, waiting.get, send)
        start, *bodies = sent
        assert [message["type"] for message in bodies] == ["http.response.body"] * len(bodies)
        assert not bodies[-1].get("more_body", False)
        made = self._metrics.last
        assert made is not None
        assert self._worker.slots.taken == 0
        return Answer(
            status=start["status"],
            headers=dict(start["headers"]),
            body=b"".join(message.get("body", b"") for message in bodies),
            exchange=made,
        )


# Of dialects that one kind of provider speaks; and what its base URLs end in.
KINDS: Final[dict[Dialect, str]] = {
    "anthropic.messages": "anthropic",
    "openai.responses": "openai",
    "gemini.generate": "gemini",
    "bedrock.converse": "bedrock",
}
VERSIONS: Final = {"gemini": "/v1beta", "bedrock": ""}


def slug_of(exchange: Record) -> str:
    return exchange.id.replace(".", "-").replace("_", "-")


def kind_of(exchange: Record) -> str:
    dialect = dialect_of(exchange)
    if is_invoked(exchange):
        return "bedrock"
    if dialect in KINDS:
        return KINDS[dialect]
    return "openai" if exchange.api.startswith("openai.") else "openai_compatible"


def provider_of(exchange: Record, *, url: str) -> ProviderSpec:
    """A vendor that has one recording to give, with a credential of its own."""
    slug, kind, model = slug_of(exchange), kind_of(exchange), upstream_model(exchange)
    return ProviderSpec(
        id=f"provider-{exchange.id}",
        slug=slug,
        name=slug,
        kind=kind,
        tenant_id=TENANT,
        base_url=url,
        surfaces=ADAPTERS[kind].surfaces(url),
        credentials=(CredentialSpec(id=f"credential-{exchange.id}", name="only", kind="api_key"),),
        targets=(
            TargetSpec(
                id=f"model-{exchange.id}",
                upstream_name=model,
                public_name=model,
                target=Target(model=model, vendor=slug),
                operations=frozenset({"chat", "embeddings"}),
            ),
        ),
    )


@asynccontextmanager
async def lane_to(replay: Replay, exchanges: Sequence[Record]) -> AsyncIterator[Lane]:
    providers = [
        provider_of(row, url=replay.url(row.id) + VERSIONS.get(kind_of(row), "/v1"))
        for row in exchanges
    ]
    key = KeySpec(
        id=f"key_{KEY.public_id}",
        public_id=KEY.public_id,
        tenant_id=TENANT,
        name="corpus",
        environment="live",
        scopes=frozenset({"inference", "embeddings"}),
        secrets=(
            SecretSpec(
                digest=keys.digest(value=KEY.value, pepper=PEPPER),
                pepper_id=keys.pepper_id(PEPPER),
            ),
        ),
    )
    snapshot = Snapshot(
        version=1,
        tenants={TENANT: TenantSpec(id=TENANT, slug="corpus")},
        key_shards={KEY.public_id[:SHARD_CHARS]: {KEY.public_id: key}},
        providers={row.id: row for row in providers},
        secrets={row.credentials[0].id: Secret("sk-corpus") for row in providers},
        names=Names().renewed(owners={TENANT}, providers=providers, aliases=(), settings={}),
    )
    pool = CredentialPool()
    pool.configure(providers, now=time.monotonic())
    upstream = AiohttpUpstream(resolver=Resolver(LOOPBACK), tls=tls_context())
    metrics = Metrics()
    worker = runtime(snapshot=snapshot, upstream=upstream, pool=pool, metrics=metrics)
    try:
        yield Lane(worker, metrics)
    finally:
        await upstream.close()
