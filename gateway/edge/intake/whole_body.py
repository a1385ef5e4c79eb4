"""Chunked bodies for an application that reads only as far as Content-Length.

Law: at most `keep_bytes` are held; a longer body streams on without a length. Django REST framework
takes a request without Content-Length for one without a body, so its views need this.
"""

from collections import deque
from collections.abc import Iterable
from typing import Final

from gateway.edge.messages import DISCONNECT, App, Message, Receive, Scope, Send

BODILESS: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


def with_length(app: App, *, keep_bytes: int) -> App:
    """Reads a body of unknown length to its end, then says how long it is."""

    async def measured(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] in BODILESS or any(n == b"content-length" for n, _ in scope["headers"]):
            await app(scope, receive, send)
            return
        parts: list[Message] = []
        size, more = 0, True
        while more and size <= keep_bytes:
            message = await receive()
            if message["type"] == DISCONNECT:
                return
            parts.append(message)
            size += len(message.get("body", b""))
            more = message.get("more_body", False)
        if not more:
            length = (b"content-length", str(size).encode())
            scope = {**scope, "headers": [*scope["headers"], length]}
        await app(scope, _replayed(parts, receive), send)

    return measured


def _replayed(parts: Iterable[Message], receive: Receive) -> Receive:
    pending = deque(parts)

    async def replay() -> Message:
        return pending.popleft() if pending else await receive()

    return replay
