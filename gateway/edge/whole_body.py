"""Chunked bodies for an application that reads only as far as Content-Length.

Law: the body stays within the guard's limit for the path, which wraps this; Django REST framework
takes a request without Content-Length for one without a body.
"""

from typing import Final

from gateway.edge.messages import DISCONNECT, App, Message, Receive, Scope, Send

BODILESS: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


def with_length(app: App) -> App:
    """Reads a body of unknown length to its end, then says how long it is."""

    async def measured(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] in BODILESS or any(n == b"content-length" for n, _ in scope["headers"]):
            await app(scope, receive, send)
            return
        parts = []
        more = True
        while more:
            message = await receive()
            if message["type"] == DISCONNECT:
                return
            parts.append(message.get("body", b""))
            more = message.get("more_body", False)
        body = b"".join(parts)
        headers = [*scope["headers"], (b"content-length", str(len(body)).encode())]
        await app({**scope, "headers": headers}, _replayed(body, receive), send)

    return measured


def _replayed(body: bytes, receive: Receive) -> Receive:
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return pending.pop() if pending else await receive()

    return replay
