"""The shapes of ASGI, spelled once."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final, TypeAlias

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

DISCONNECT: Final = "http.disconnect"
RESPONSE_START: Final = "http.response.start"
RESPONSE_BODY: Final = "http.response.body"


async def respond(
    send: Send,
    *,
    status: int,
    content_type: bytes,
    body: bytes,
    headers: tuple[tuple[bytes, bytes], ...] = (),
    with_body: bool = True,
) -> None:
    """A whole response; `with_body=False` keeps the length and drops the bytes, as HEAD needs."""
    length = str(len(body)).encode()
    fixed = [(b"content-type", content_type), (b"content-length", length), *headers]
    await send({"type": RESPONSE_START, "status": status, "headers": fixed})
    await send({"type": RESPONSE_BODY, "body": body if with_body else b""})
