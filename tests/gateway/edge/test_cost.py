"""What a request costs, in counts that do not depend on the machine (performance.md PF-22).

There is no database here and no Redis: a query or a command would fail these tests.
"""

import asyncio
import gc
import io
import sys
from pathlib import Path
from types import FrameType
from typing import Any, Final, cast

import msgspec
import pytest

from gateway.edge.app import Entry, nothing_here
from gateway.edge.client_api import client_api
from gateway.edge.intake.guard import Guard
from gateway.edge.messages import Message, Scope
from gateway.edge.refusals import as_the_path_reads
from gateway.edge.runtime import Runtimes
from gateway.telemetry.observer import RequestObserver
from gateway.telemetry.request_log import RequestLog
from gateway.telemetry.traffic import Traffic
from providers.pool import CredentialPool
from tests.conformance import lane
from tests.gateway.edge.dialects import vendor
from tests.gateway.edge.driver import http_scope
from tests.gateway.edge.plane import bearer, snapshot
from tests.gateway.edge.questions.test_translation import (
    BLOCK,
    DELTA,
    END,
    MESSAGE,
    START,
    STOP,
    event,
)
from tests.gateway.edge.vendors import (
    CHAT_ANSWER,
    DONE,
    FINISH,
    ROLE,
    SSE,
    USAGE,
    Said,
    Secret,
    Vendors,
    chunk,
    provider,
    target,
)

REPOSITORY: Final = Path(__file__).resolve().parents[3]
TESTS: Final = str(REPOSITORY / "tests")
ALLOWED: Final = msgspec.json.decode((REPOSITORY / "bench/baseline.json").read_bytes())
TOLERANCE: Final = 1.05
WARM_UP: Final = 3
STREAM: Final = (ROLE, *[chunk("word ")] * 46, FINISH, USAGE, DONE)
WORD: Final = event("content_block_delta", index=0, delta={"type": "text_delta", "text": "word "})
EVENTS: Final = (START, BLOCK, *[WORD] * 46, STOP, DELTA, END)
LINES: Final = {
    "native request": b"",
    "native stream of 50 chunks": b',"stream":true',
    "translated request": b"",
    "translated stream of 50 chunks": b',"stream":true',
}


class Server:
    """A whole worker but its sockets, and a vendor that answers at once."""

    def __init__(self, line: str) -> None:
        extra = LINES[line]
        self._body = b'{"model":"m","messages":[{"role":"user","content":"Hi"}]' + extra + b"}"
        self._streams = bool(extra)
        self._translates = line.startswith("translated")
        spec = vendor("anthropic.messages") if self._translates else provider(targets=(target(),))
        view = msgspec.structs.replace(
            snapshot(providers=(spec,)), secrets={spec.credentials[0].id: Secret(b"sk-vendor")}
        )
        self._vendors = Vendors()
        worker = lane.runtime(
            snapshot=view,
            upstream=cast("Any", self._vendors),
            pool=CredentialPool(chance=lambda: 0.0),
            metrics=cast("Any", Traffic(max_series=5_000)),
        )

        async def started() -> Any:
            return worker

        self._app = Guard(
            Entry(
                runtimes=Runtimes(started),
                client_api=client_api,
                exact={},
                prefixes={},
                sockets={},
                fallback=nothing_here,
            ),
            body_limit=lambda _path: 1_000_000,
            observer=RequestObserver(
                request_log=RequestLog(stream=io.StringIO(), render=lambda _line: "")
            ),
            render=as_the_path_reads,
        )

    def _told(self) -> Said:
        if self._translates:
            return Said(*EVENTS, headers=SSE) if self._streams else Said(MESSAGE)
        return Said(*STREAM, headers=SSE) if self._streams else Said(CHAT_ANSWER)

    async def answer(self) -> int:
        """Serves one request; its status."""
        self._vendors.answers.append(self._told())
        scope: Scope = http_scope(
            b"/v1/chat/completions",
            method="POST",
            headers=[(b"host", b"gateway.example"), *bearer().items()],
        )
        parts: list[Message] = [{"type": "http.request", "body": self._body, "more_body": False}]
        sent: list[Message] = []

        async def receive() -> Message:
            if parts:
                return parts.pop()
            never: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
            return await never

        async def send(message: Message) -> None:
            sent.append(message)

        await self._app(scope, receive, send)
        assert len(sent) == 2 or (self._streams and len(sent) > len(STREAM) - 3)
        return int(sent[0]["status"])


async def calls_of(server: Server) -> int:
    """Python functions entered for one request, resumed coroutines too."""
    count = 0

    def entered(frame: FrameType, event: str, _value: object) -> None:
        nonlocal count
        if event == "call" and not frame.f_code.co_filename.startswith(TESTS):
            count += 1

    sys.setprofile(entered)
    try:
        assert await server.answer() == 200
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("line", LINES)
async def test_a_request_makes_no_more_calls_than_the_baseline_allows(line: str) -> None:
    server = Server(line)
    for _ in range(WARM_UP):
        await server.answer()

    made = min([await calls_of(server) for _ in range(3)])

    most = ALLOWED["python_calls"][line] * TOLERANCE
    assert made <= most, f"{made} calls; if that is worth it, say why and change the baseline"


@pytest.mark.parametrize("line", LINES)
async def test_an_exchange_leaves_nothing_to_the_garbage_collector(line: str) -> None:
    server = Server(line)
    for _ in range(WARM_UP):
        await server.answer()
    await asyncio.sleep(0)
    gc.collect()
    gc.disable()
    try:
        for _ in range(5):
            assert await server.answer() == 200
        await asyncio.sleep(0)

        assert gc.collect() == 0
    finally:
        gc.enable()
