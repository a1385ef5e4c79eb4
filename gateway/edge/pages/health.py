"""`/health`, `/ready`, `/liveness`: no key, GET and HEAD, outside Django."""

from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from gateway.edge.messages import Receive, Scope, Send, respond
from gateway.edge.pages.surface import require_reading
from gateway.edge.runtime import runtime_of

JSON: Final = msgspec.json.Encoder()
CONTENT_TYPE: Final = b"application/json"
UNCACHED: Final = ((b"cache-control", b"no-store"),)


async def health(scope: Scope, receive: Receive, send: Send) -> None:
    """The process answers; says nothing about the services below."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    await _answer(scope, send, status=200, body={"status": "ok", "timestamp": now})


async def liveness(scope: Scope, receive: Receive, send: Send) -> None:
    """The event loop turns."""
    await _answer(scope, send, status=200, body={"status": "ok"})


async def ready(scope: Scope, receive: Receive, send: Send) -> None:
    report = await runtime_of(scope).readiness.report()
    status = 503 if report.status == "not_ready" else 200
    await _answer(scope, send, status=status, body=report)


async def _answer(scope: Scope, send: Send, *, status: int, body: Any) -> None:
    require_reading(scope)
    await respond(
        send,
        status=status,
        content_type=CONTENT_TYPE,
        body=JSON.encode(body),
        headers=UNCACHED,
        with_body=scope["method"] != "HEAD",
    )
