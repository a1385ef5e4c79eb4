"""The framing guard around the whole application.

Laws: refuse before anything below sees the request; one refusal, one response, then close; a body
that ends early is an abort, never an empty body; the path, the request id and the caller's address
are made here and nowhere else.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, Protocol
from urllib.parse import quote

import structlog

from accounts.addresses import Network
from accounts.errors import Refused
from accounts.ids import new_id
from gateway.edge.errors import REFUSED
from gateway.edge.intake.bodies import BodyMeter, BodyPace, too_large
from gateway.edge.intake.framing import (
    Headers,
    caller,
    checked_headers,
    declared_length,
    is_forwarded_https,
    is_trusted_proxy,
    refuse_encoded_body,
)
from gateway.edge.intake.paths import BadPath, derive_path
from gateway.edge.messages import (
    DISCONNECT,
    RESPONSE_START,
    App,
    Message,
    Receive,
    Scope,
    Send,
    respond,
)
from gateway.edge.refusals import Render, as_problem

CLIENT_LEFT: Final = 499
REQUEST_ID: Final = b"x-request-id"
SECURE_SCHEMES: Final = {"http": "https", "websocket": "wss"}

log = structlog.get_logger(__name__)


class Observer(Protocol):
    """Hears of every exchange once; must not block."""

    def started(self) -> None: ...

    def finished(self, *, scope: Scope, status: int, duration_s: float) -> None: ...


class Guard:
    """Wraps an ASGI application; `body_limit` says how many bytes a path takes."""

    def __init__(
        self,
        app: App,
        *,
        body_limit: Callable[[str], int],
        observer: Observer,
        trusted: Sequence[Network] = (),
        pace: BodyPace | None = None,
        render: Render = as_problem,
    ) -> None:
        self._app = app
        self._body_limit = body_limit
        self._observer = observer
        self._trusted = trusted
        self._pace = pace or BodyPace()
        self._render = render

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        request_id = f"req_{new_id().hex}"
        structlog.contextvars.bind_contextvars(request_id=request_id)
        seen: Scope = {**scope, "state": {**scope.get("state", {}), "request_id": request_id}}
        exchange = Exchange(scope=seen, receive=receive, send=send, render=self._render)
        began = time.perf_counter()
        self._observer.started()
        try:
            await self._serve(seen, exchange)
        finally:
            self._observer.finished(
                scope=seen, status=exchange.status, duration_s=time.perf_counter() - began
            )

    async def _serve(self, scope: Scope, exchange: "Exchange") -> None:
        try:
            exchange.meter = self._admit(scope)
        except Refused as refused:
            await exchange.refuse(refused)
            return
        try:
            await self._app(scope, exchange.receive, exchange.send)
        except Refused as refused:
            await exchange.refuse(refused)
        except Exception:  # the last net: nobody above us renders an error
            log.exception("unhandled_error", path=scope["path"])
            await exchange.refuse(Refused("internal_error"))

    def _admit(self, scope: Scope) -> BodyMeter:
        """Rewrites the scope to its one reading; raises Refused."""
        raw_path = scope.get("raw_path") or quote(scope["path"]).encode()
        try:
            scope["path"] = path = derive_path(raw_path)
        except BadPath as bad:
            # Undecoded from here on: nothing that reads it may act on it.
            scope["path"] = raw_path.decode("ascii", "backslashreplace")
            raise Refused("bad_path", f"{bad}.".capitalize()) from None
        peer = (scope.get("client") or ("", 0))[0]
        trust_proxy = is_trusted_proxy(peer, self._trusted)
        headers = checked_headers(scope["headers"], path=path, trust_proxy=trust_proxy)
        refuse_encoded_body(headers)
        scope["headers"] = headers
        if trust_proxy:
            self._believe_proxy(scope, headers, peer=peer)
        limit = self._body_limit(path)
        if (declared_length(headers) or 0) > limit:
            raise too_large(limit)
        return BodyMeter(pace=self._pace, max_bytes=limit)

    def _believe_proxy(self, scope: Scope, headers: Headers, *, peer: str) -> None:
        scope["client"] = (caller(headers, peer=peer, trusted=self._trusted), 0)
        if is_forwarded_https(headers):
            scope["scheme"] = SECURE_SCHEMES[scope["type"]]


class Exchange:
    """One request's receive and send, with the guard's rules between server and application."""

    __slots__ = (
        "_began",
        "_body_done",
        "_receive",
        "_refused",
        "_render",
        "_scope",
        "_send",
        "meter",
        "status",
    )

    def __init__(self, *, scope: Scope, receive: Receive, send: Send, render: Render) -> None:
        self._scope = scope
        self._render = render
        self._receive = receive
        self._send = send
        self._began = False
        self._refused = False
        self._body_done = scope["type"] == "websocket"
        self.meter: BodyMeter | None = None
        self.status = CLIENT_LEFT

    def receive(self) -> Awaitable[Message]:
        if self._refused:
            return _disconnected()
        meter = self.meter
        return self._receive() if self._body_done or meter is None else self._body_part(meter)

    def send(self, message: Message) -> Awaitable[None]:
        if self._refused:
            return _dropped()
        if not self._began:
            self._note_beginning(message)
        return self._send(message)

    async def _body_part(self, meter: BodyMeter) -> Message:
        try:
            message = await self._next_part(meter)
        except Refused as refused:
            await self.refuse(refused)
            return {"type": DISCONNECT}
        if message["type"] == DISCONNECT:
            # granian reports a malformed chunk as a disconnect; the connection still takes bytes.
            self._body_done = True
            await self.refuse(Refused("bad_body", "The connection ended inside the request body."))
        elif not message.get("more_body", False):
            self._body_done = True
        return message

    def _note_beginning(self, message: Message) -> None:
        if message["type"] == RESPONSE_START:
            self._begin(message)
        elif message["type"] == "websocket.accept":
            self._began, self.status = True, 101
        elif message["type"] == "websocket.close":
            self._began, self.status = True, 403

    async def refuse(self, refused: Refused) -> None:
        """Answers at once if nothing was answered yet; what the application sends is dropped."""
        if self._began or self._refused:
            return
        answer = self._render(refused, self._scope)
        self.status = answer.status
        # Its words only: the exception leads back here, and the connection would stay open.
        self._scope["state"][REFUSED] = (refused.code, refused.detail)
        if self._scope["type"] == "websocket" and not _can_answer_handshake(self._scope):
            await self.send({"type": "websocket.close", "code": 1008})
            self._refused = True
            return
        await respond(
            self._send_refusal,
            status=answer.status,
            content_type=answer.content_type,
            body=answer.body,
            headers=answer.headers,
            with_body=self._scope.get("method") != "HEAD",
        )
        self._refused = True

    async def _send_refusal(self, message: Message) -> None:
        if message["type"] == RESPONSE_START:
            self._begin(message)
        if self._scope["type"] == "websocket":
            message = {**message, "type": f"websocket.{message['type']}"}
        await self._send(message)

    def _begin(self, message: Message) -> None:
        self._began = True
        self.status = message["status"]
        request_id = self._scope["state"]["request_id"].encode()
        others = [pair for pair in message.get("headers", ()) if pair[0] != REQUEST_ID]
        message["headers"] = [*others, (REQUEST_ID, request_id)]

    async def _next_part(self, meter: BodyMeter) -> Message:
        while True:
            asked = time.perf_counter()
            message = await self._part_within(meter.patience_s())
            arrived = len(message.get("body", b"")) if message is not None else 0
            meter.note(waited_s=time.perf_counter() - asked, arrived_bytes=arrived)
            if message is not None:
                return message

    async def _part_within(self, seconds: float) -> Message | None:
        """None when nothing came in time."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - whoever runs a coroutine has a task
        patience, canceled = Patience(task), task.cancelling()
        timer = task.get_loop().call_later(seconds, patience.end)
        try:
            return await self._receive()
        except asyncio.CancelledError:
            if not patience.is_over or task.uncancel() > canceled:
                raise
            return None
        finally:
            timer.cancel()


class Patience:
    """What asyncio.timeout does, for a third of its price."""

    __slots__ = ("_task", "is_over")

    def __init__(self, task: asyncio.Task[object]) -> None:
        self._task = task
        self.is_over = False

    def end(self) -> None:
        self.is_over = True
        self._task.cancel()


async def _disconnected() -> Message:
    return {"type": DISCONNECT}


async def _dropped() -> None:
    """Said after the refusal, for which there is no place."""


def _can_answer_handshake(scope: Scope) -> bool:
    extensions: dict[str, Any] = scope.get("extensions") or {}
    return "websocket.http.response" in extensions
