"""A data plane without services: a snapshot by hand, and what the stages ask of a runtime."""

from dataclasses import dataclass, field
from typing import Any, cast

import msgspec

from accounts import keys
from accounts.specs import KeySpec, SecretSpec, TenantSpec
from gateway.edge.accounting.books import Books
from gateway.edge.edge_settings import EdgeSettings
from gateway.edge.exchange import Arrival, Exchange
from gateway.edge.identity.possession import FailureMeter, Verifier
from gateway.edge.operations.operation import Operation
from gateway.edge.operations.surfaces import CHAT
from gateway.edge.runtime import Runtime
from gateway.edge.worker.slots import Slots
from gateway.snapshot.snapshot import SHARD_CHARS, Snapshot
from protocols.registry import NATIVE
from providers.specs import ProviderSpec
from routing.names import Names
from tests.gateway.edge.notebook import books
from tests.routing.world import ACME, NOW, names, provider, target

PEPPER = "pepper-of-the-tests-with-thirty-two-characters"
PEPPER_ID = keys.pepper_id(PEPPER)
MINTED = keys.mint(environment="live")
KEY = MINTED.value
CHAT_BODY = b'{"model": "gpt-4", "messages": [{"role": "user", "content": "hi"}]}'


def key_spec(*, minted: keys.MintedKey = MINTED, **fields: Any) -> KeySpec:
    given: dict[str, Any] = {
        "tenant_id": ACME,
        "environment": "live",
        "scopes": frozenset({"inference", "embeddings", "models.read"}),
        "secrets": (secret_spec(minted.value),),
        **fields,
    }
    return KeySpec(id=f"key_{minted.public_id}", public_id=minted.public_id, name="a key", **given)


def secret_spec(value: str, *, expires_at: float | None = None) -> SecretSpec:
    digest = keys.digest(value=value, pepper=PEPPER)
    return SecretSpec(digest=digest, pepper_id=PEPPER_ID, expires_at=expires_at)


def snapshot(
    *specs: KeySpec,
    providers: tuple[ProviderSpec, ...] = (provider("openai", target("gpt-4")),),
    index: Names | None = None,
    tenant_status: Any = "active",
    anonymous: KeySpec | None = None,
) -> Snapshot:
    shards: dict[str, dict[str, KeySpec]] = {}
    for spec in specs or (key_spec(),):
        shards.setdefault(spec.public_id[:SHARD_CHARS], {})[spec.public_id] = spec
    return Snapshot(
        version=1,
        tenants={ACME: TenantSpec(id=ACME, slug="acme", status=tenant_status)},
        key_shards=shards,
        providers={row.id: row for row in providers},
        secrets={},
        names=index or names(*providers),
        anonymous=anonymous,
    )


@dataclass
class Snapshots:
    current: Snapshot
    stale: bool = False

    def now(self) -> float:
        return NOW

    def is_stale(self) -> bool:
        return self.stale


@dataclass
class Meter:
    exchanges: list[Exchange] = field(default_factory=list)

    def exchange(self, exchange: Exchange, *, ended_at: float) -> None:
        self.exchanges.append(exchange)


class Herald:
    """Nobody listens."""

    def follow(self, view: Snapshot) -> None:
        del view


@dataclass
class Plane:
    snapshots: Snapshots
    settings: EdgeSettings = field(default_factory=EdgeSettings)
    verifier: Verifier = field(default_factory=lambda: Verifier({PEPPER_ID: PEPPER}))
    failures: FailureMeter = field(
        default_factory=lambda: FailureMeter(per_minute=30, addresses=100)
    )
    slots: Slots = field(default_factory=lambda: Slots(most=10, most_per_key=5, most_per_address=0))
    native: Any = field(default_factory=lambda: NATIVE)
    metrics: Meter = field(default_factory=Meter)
    herald: Herald = field(default_factory=Herald)
    books: Books = field(default_factory=books)
    moment: float = 100.0

    def clock(self) -> float:
        return self.moment

    def wall(self) -> float:
        return NOW


def plane(view: Snapshot | None = None, **fields: Any) -> Runtime:
    return cast("Runtime", Plane(snapshots=Snapshots(view or snapshot()), **fields))


def bearer(value: str = KEY) -> dict[bytes, bytes]:
    return {b"authorization": f"Bearer {value}".encode()}


def exchange(
    runtime: Runtime,
    *,
    body: bytes = CHAT_BODY,
    operation: Operation = CHAT,
    headers: dict[bytes, bytes] | None = None,
    address: str = "192.0.2.9",
    query: bytes = b"",
    **fields: Any,
) -> Exchange:
    parts = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Any:
        return parts.pop(0) if parts else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        made.state.setdefault("sent", []).append(message)

    arrival = Arrival(
        request_id="req_1",
        operation=operation,
        headers=bearer() if headers is None else headers,
        address=address,
        began_at=100.0,
        query=query,
        **fields,
    )
    made = Exchange(
        arrival, receive=receive, send=send, snapshot=runtime.snapshots.current, state={}
    )
    return made


def error_of(made: Exchange) -> Any:
    return msgspec.json.decode(made.state["sent"][1]["body"])
