"""Drives an ASGI application without a server."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.edge.messages import App, Message, Scope

HOST = (b"host", b"console.example")


@dataclass(slots=True)
class Answer:
    status: int
    headers: dict[bytes, bytes]
    body: bytes
    sent: list[Message]

    @property
    def closes(self) -> bool:
        return self.headers.get(b"connection") == b"close"


@dataclass(slots=True, kw_only=True)
class Heard:
    """An observer that remembers."""

    began: int = 0
    statuses: list[int] = field(default_factory=list)

    def started(self) -> None:
        self.began += 1

    def finished(self, *, scope: Scope, status: int, duration_s: float) -> None:
        assert duration_s >= 0
        self.statuses.append(status)


def http_scope(
    raw_path: bytes = b"/",
    *,
    method: str = "GET",
    headers: Sequence[tuple[bytes, bytes]] = (HOST,),
    client: tuple[str, int] | None = ("192.0.2.9", 4711),
) -> Scope:
    return {
        "type": "http",
        "method": method,
        "scheme": "http",
        "path": "/the/server/may/decode/what/it/likes",
        "raw_path": raw_path,
        "query_string": b"",
        "headers": list(headers),
        "client": client,
        "state": {},
    }


def socket_scope(
    raw_path: bytes = b"/ws/console/", *, headers: Sequence[tuple[bytes, bytes]] = (HOST,)
) -> Scope:
    scope = http_scope(raw_path, headers=headers)
    del scope["method"]
    return {**scope, "type": "websocket", "scheme": "ws", "subprotocols": [], "extensions": {}}


async def call(app: App, scope: Scope, *parts: bytes, ends: str = "whole") -> Answer:
    """`ends`: whole, in a disconnect, or silent after the parts."""
    incoming: asyncio.Queue[Message] = asyncio.Queue()
    for position, part in enumerate(parts or (b"",)):
        more = ends != "whole" or position < len(parts) - 1
        incoming.put_nowait({"type": "http.request", "body": part, "more_body": more})
    if ends == "disconnect":
        incoming.put_nowait({"type": "http.disconnect"})
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, incoming.get, send)
    return _answer(sent)


def _answer(sent: list[Message]) -> Answer:
    starts = [message for message in sent if message["type"].endswith("http.response.start")]
    assert len(starts) <= 1, "two responses to one request"
    headers: dict[bytes, bytes] = dict(starts[0]["headers"]) if starts else {}
    body = b"".join(message.get("body", b"") for message in sent)
    return Answer(
        status=starts[0]["status"] if starts else 0, headers=headers, body=body, sent=sent
    )


async def echo(scope: Scope, receive: Any, send: Any) -> None:
    """Answers 200 with what it saw, once the body has come; nothing when it has not."""
    size = 0
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size += len(message["body"])
        more = message["more_body"]
    scope["state"]["seen"] = scope
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(size).encode()})
