"""The composition: which surface answers which path, in which role."""

import logging
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest
import structlog

from gateway import env
from gateway.edge.intake.guard import Guard
from gateway.edge.messages import Message
from tests.gateway.edge.driver import HOST, call, http_scope, socket_scope

LOCALHOST = (b"host", b"localhost")
TWO_MB = (b"content-length", b"2000000")


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, configuration = root.handlers[:], root.level, structlog.get_config()
    yield
    root.handlers[:], root.level = handlers, level
    structlog.configure(**configuration)


@asynccontextmanager
async def built(**changes: Any) -> AsyncIterator[Guard]:
    """Without a server that would stop it: what a request started is stopped here."""
    from gateway.asgi import build_application  # noqa: PLC0415 - importing it sets up logging

    application = build_application(env.parse(os.environ) | {"LOG_FORMAT": "json"} | changes)
    yield application
    messages = iter(({"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}))

    async def receive() -> Message:
        return next(messages)

    async def send(message: Message) -> None:
        assert message["type"].endswith(".complete")

    await application({"type": "lifespan", "state": {}}, receive, send)


async def test_an_edge_has_no_console() -> None:
    async with built(SERVE_ROLE="edge", LOG_REQUESTS=False) as edge:
        assert (await call(edge, http_scope(b"/health"))).status == 200
        for path in (b"/login", b"/api/v1/keys", b"/static/admin/css/base.css"):
            answer = await call(edge, http_scope(path))
            assert answer.status == 404
            assert msgspec.json.decode(answer.body)["code"] == "not_found"
        assert (await call(edge, http_scope(b"/v1/models"))).status == 401
        assert (await call(edge, socket_scope())).sent[0]["type"] == "websocket.close"


async def test_the_whole_application_finds_each_surface() -> None:
    async with built(SERVE_ROLE="all") as whole:
        assert (await call(whole, http_scope(b"/liveness"))).status == 200
        page = await call(whole, http_scope(b"/login", headers=[LOCALHOST]))
        assert page.status in {200, 503}
        assert page.headers[b"Content-Type"] == b"text/html; charset=utf-8"
        style = await call(whole, http_scope(b"/static/admin/css/base.css"))
        assert style.status == 200
        assert style.headers[b"content-type"].startswith(b"text/css")
        elsewhere = await call(whole, http_scope(b"/v1/chat/completions", headers=[LOCALHOST]))
        assert elsewhere.status == 405
        assert msgspec.json.decode(elsewhere.body)["error"]["code"] == "method_not_allowed"
        foreign = await call(whole, http_scope(b"/login", headers=[HOST]))
        assert foreign.status == 400


async def test_the_management_api_takes_smaller_bodies() -> None:
    async with built(SERVE_ROLE="edge") as edge:

        async def status(path: bytes) -> int:
            scope = http_scope(path, method="POST", headers=[HOST, TWO_MB])
            return (await call(edge, scope, b"")).status

        assert await status(b"/api/v1/keys") == 413
        assert await status(b"/admin/api-keys") == 413
        assert await status(b"/v1/chat/completions") == 401
