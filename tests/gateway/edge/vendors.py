"""Vendors, clients and a worker for tests of the attempt stage: in process, without sockets."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec

from accounts.specs import KeySpec, TenantSpec
from gateway.edge.edge_settings import EdgeSettings
from gateway.edge.egress.upstream import Deadlines, Disconnected, Upstream, UpstreamFault
from gateway.edge.errors import GatewayError
from gateway.edge.exchange import Arrival, Candidate, Exchange
from gateway.edge.messages import Message
from gateway.edge.operations.operation import Operation
from gateway.edge.operations.surfaces import CHAT
from gateway.edge.stages.attempt import attempt
from gateway.edge.worker.budgets import DrainSlots, OpenExchanges, RetryBudget
from gateway.snapshot.snapshot import Snapshot
from protocols.codec import Target
from protocols.registry import NATIVE
from providers.adapters.base import UpstreamCall
from providers.adapters.registry import ADAPTERS
from providers.pool import CredentialPool, StateChange
from providers.specs import (
    CredentialSpec,
    ProviderSpec,
    Surface,
    TargetSpec,
    Timeouts,
)
from tests.conformance.lane import Empty
from tests.gateway.edge.notebook import Notebook, RecordCounts, books

if TYPE_CHECKING:
    from gateway.edge.runtime import Runtime
    from protocols.errors import Problem

JSON: Final = {"content-type": "application/json"}
SSE: Final = {"content-type": "text/event-stream"}
CHAT_BODY: Final = b'{"model":"m","messages":[{"role":"user","content":"Hi"}],"temperature":0.10}'
CHAT_ANSWER: Final = (
    b'{"id":"c","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant",'
    b'"content":"Hello"},"finish_reason":"stop"}],'
    b'"usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}}'
)


def chunk(text: str) -> bytes:
    data = {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]}
    return b"data: " + msgspec.json.encode(data) + b"\n\n"


ROLE: Final = b'data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}\n\n'
FINISH: Final = b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
USAGE: Final = (
    b'data: {"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}}\n\n'
)
DONE: Final = b"data: [DONE]\n\n"
STREAM: Final = (ROLE, chunk("Hel"), chunk("lo"), FINISH, USAGE, DONE)
SHOWN: Final = b"".join((ROLE, chunk("Hel"), chunk("lo"), FINISH, DONE))


class Said:
    """One answer of a vendor: chunks to read; a number is a wait, an exception is raised."""

    def __init__(
        self,
        *pieces: bytes | float | Exception,
        status: int = 200,
        headers: Mapping[str, str] = JSON,
        headers_after_s: float = 0.0,
    ) -> None:
        self.status = status
        self.headers = headers
        self.headers_after_s = headers_after_s
        self._pieces = list(pieces)
        self.aborted_at: float | None = None
        self.ended = False
        self.reads = 0

    async def read(self) -> bytes:
        self.reads += 1
        while self._pieces:
            piece = self._pieces.pop(0)
            if isinstance(piece, Exception):
                raise piece
            if isinstance(piece, bytes):
                return piece
            await self._wait(piece)
        self.ended = True
        return b""

    async def whole(self) -> bytes:
        parts = []
        while part := await self.read():
            parts.append(part)
        return b"".join(parts)

    def abort(self) -> None:
        if not self.ended and self.aborted_at is None:
            self.aborted_at = time.monotonic()

    async def _wait(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        try:
            await asyncio.sleep(seconds)
        except asyncio.CancelledError:
            self.abort()
            raise


class Vendors:
    """An Upstream that answers from a list, in order."""

    def __init__(self, *answers: Said | UpstreamFault) -> None:
        self.answers = list(answers)
        self.calls: list[UpstreamCall] = []
        self.origins: list[str] = []
        self.deadlines: list[Deadlines] = []
        self.canceled_at: float | None = None

    async def send(
        self, call: UpstreamCall, *, origin: str, proxy_url: str = "", deadlines: Deadlines
    ) -> Said:
        self.calls.append(call)
        self.origins.append(origin)
        self.deadlines.append(deadlines)
        answer = self.answers.pop(0) if self.answers else Disconnected("no more", sent=False)
        if isinstance(answer, UpstreamFault):
            raise answer
        try:
            if answer.headers_after_s:
                await asyncio.sleep(answer.headers_after_s)
        except asyncio.CancelledError:
            self.canceled_at = time.monotonic()
            raise
        return answer

    async def close(self) -> None: ...

    @property
    def keys(self) -> list[str]:
        """Which credentials were used."""
        return [dict(call.headers).get("authorization", "") for call in self.calls]


class Client:
    """Both ends of ASGI: what was sent to it, and when it leaves."""

    def __init__(self, *, send_s: float = 0.0) -> None:
        self.sent: list[Message] = []
        self.left_at: float | None = None
        self.send_s = send_s
        self.on_send: Callable[[Message], None] = lambda message: None
        self._gone = asyncio.Event()

    def leave(self) -> None:
        self.left_at = time.monotonic()
        self._gone.set()

    async def receive(self) -> Message:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if self.send_s:
            await asyncio.sleep(self.send_s)
        self.sent.append(message)
        self.on_send(message)

    @property
    def status(self) -> int:
        starts = [m for m in self.sent if m["type"] == "http.response.start"]
        assert len(starts) <= 1, "two responses to one request"
        return int(starts[0]["status"]) if starts else 0

    @property
    def headers(self) -> dict[bytes, bytes]:
        return dict(self.sent[0]["headers"]) if self.sent else {}

    @property
    def body(self) -> bytes:
        return b"".join(m.get("body", b"") for m in self.sent)

    @property
    def is_complete(self) -> bool:
        bodies = [m for m in self.sent if m["type"] == "http.response.body"]
        last = [m for m in bodies if not m.get("more_body", False)]
        assert not last or last == bodies[-1:], "bytes after the end"
        return bool(last)


class Secret:
    def __init__(self, value: bytes) -> None:
        self._value = value

    def reveal(self) -> bytes:
        return self._value


class Metrics:
    def __init__(self) -> None:
        self.upstreams: list[dict[str, Any]] = []
        self.ended = 0
        self.streams_open = 0
        self.cancels: list[float] = []

    def canceled(self, *, seconds: float) -> None:
        self.cancels.append(seconds)

    def lost(self, *, code: str, asked: str, spoken: str) -> None: ...

    def sealed(self, *, outcome: str, count: int = 1) -> None: ...

    def disordered(self, *, dialect: str, count: int) -> None: ...

    def stream_opened(self) -> None:
        self.streams_open += 1

    def stream_closed(self) -> None:
        self.streams_open -= 1

    def upstream(self, **said: Any) -> None:
        self.upstreams.append(said)

    def exchange(self, exchange: Exchange, *, ended_at: float) -> None:
        self.ended += 1


OURS: Final = {"disconnect-watcher", "keep-alive"}


class World:
    """A worker with its vendors."""

    def __init__(
        self, *answers: Said | UpstreamFault, upstream: Upstream | None = None, **settings: Any
    ) -> None:
        self.vendors = Vendors(*answers)
        self.metrics = Metrics()
        self.refused: Problem | None = None  # what the pipeline would tell
        self.announced: list[StateChange] = []
        self.pool = CredentialPool(chance=lambda: 0.0)
        self.drain_slots = DrainSlots()
        self.retry_budget = RetryBudget()
        self.open_exchanges = OpenExchanges()
        self.notebook = Notebook()
        self.counts = RecordCounts()
        self._parts = SimpleNamespace(
            upstream=upstream or self.vendors,
            pool=self.pool,
            native=NATIVE,
            adapters=ADAPTERS,
            settings=EdgeSettings(**settings),
            hmac_key=b"k" * 32,
            clock=now,
            wall=lambda: 1_800_000_000.0,
            metrics=self.metrics,
            announce=self.announced.extend,
            drain_slots=self.drain_slots,
            retry_budget=self.retry_budget,
            open_exchanges=self.open_exchanges,
            slots=None,
            books=books(self.notebook, self.counts),
            vault=Empty(),
        )
        self.runtime = cast("Runtime", self._parts)

    def forgive(self) -> None:
        """All credentials are as new."""
        self.pool = self._parts.pool = CredentialPool(chance=lambda: 0.0)

    async def run(self, exchange: Exchange) -> None:
        """The stage, and then nothing may be left of it."""
        try:
            await attempt(exchange, self.runtime)
        except GatewayError as error:
            assert not exchange.sending
            exchange.error = self.refused = error.problem
        finally:
            for _ in range(3):
                await asyncio.sleep(0)
            assert not OURS & {task.get_name() for task in asyncio.all_tasks()}


def now() -> float:
    """By the clock of the loop, which a test may have stopped; where none runs, as loops do."""
    try:
        return asyncio.get_running_loop().time()
    except RuntimeError:
        return time.monotonic()


def provider(
    slug: str = "acme",
    *,
    keys: Iterable[str] = ("k1",),
    kind: str = "openai",
    **more: Any,
) -> ProviderSpec:
    base_url = more.pop("base_url", "https://api.example.com/v1")
    return ProviderSpec(
        id=f"p-{slug}",
        slug=slug,
        name=slug,
        kind=kind,
        base_url=base_url,
        surfaces=ADAPTERS[kind].surfaces(base_url),
        credentials=tuple(
            CredentialSpec(id=f"{slug}-{key}", name=key, kind="api_key") for key in keys
        ),
        timeouts=more.pop("timeouts", Timeouts()),
        **more,
    )


def target(name: str = "m", *, upstream: str = "", **more: Any) -> TargetSpec:
    said = more.pop("target", None) or Target(model=upstream or name, vendor="acme")
    return TargetSpec(
        id=more.pop("id", f"t-{name}"),
        upstream_name=upstream or name,
        public_name=name,
        target=said,
        **more,
    )


def candidate(
    of: ProviderSpec | None = None, to: TargetSpec | None = None, *, operation: Operation = CHAT
) -> Candidate:
    of = of or provider()
    surface: Surface = next(s for s in of.surfaces if s.dialect == operation.dialect)
    return Candidate(provider=of, target=to or target(id=f"t-{of.slug}"), surface=surface)


def exchange(
    client: Client,
    *candidates: Candidate,
    body: bytes = CHAT_BODY,
    stream: bool = False,
    operation: Operation = CHAT,
    headers: Mapping[bytes, bytes] | None = None,
) -> Exchange:
    candidates = candidates or (candidate(operation=operation),)
    providers = {each.provider.id: each.provider for each in candidates}
    secrets = {
        credential.id: Secret(f"sk-{credential.id}".encode())
        for spec in providers.values()
        for credential in spec.credentials
    }
    snapshot = Snapshot(
        version=1,
        tenants={},
        key_shards={},
        providers=providers,
        secrets=secrets,
        names=cast("Any", None),
    )
    made = Exchange(
        Arrival(
            request_id="req_1",
            operation=operation,
            headers=headers or {},
            address="192.0.2.9",
            began_at=now(),
        ),
        receive=client.receive,
        send=client.send,
        snapshot=snapshot,
        state={},
    )
    made.key = KeySpec(
        id="key_1", public_id="1", tenant_id="tenant-1", name="test", environment="live"
    )
    made.tenant = TenantSpec(id="tenant-1", slug="acme")
    made.body = body
    made.top = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    made.model = "m"
    made.asked_stream = stream
    made.candidates = candidates
    made.lane = "native"
    return made
