import asyncio
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway.edge.app import Entry, nothing_here
from gateway.edge.client_api import client_api
from gateway.edge.errors import EdgeRefused
from gateway.edge.intake.guard import Guard
from gateway.edge.messages import App, Message
from gateway.edge.pages.health import health, liveness, ready
from gateway.edge.runtime import Runtime, Runtimes, runtime_of
from gateway.spool.writer import SpoolConfig
from tests.gateway.edge.driver import Heard, call, echo, http_scope, socket_scope
from tests.gateway.edge.runtimes import METER, RECORDS, runtime_config

CONFIG = runtime_config(
    folder=Path(os.environ["VAR_DIR"]) / "snapshot",
    services=False,
    drain_mark=Path("/nonexistent/drain"),
)


class Counted:
    """Starts and stops of Runtimes."""

    def __init__(self, *, fail: bool = False) -> None:
        self.started = 0
        self.flushed = 0
        self._fail = fail

    async def start(self) -> Runtime:
        self.started += 1
        if self._fail:
            raise RuntimeError("no service")
        return await Runtime.start(CONFIG, meter=METER, records=RECORDS, flush=self._flush)

    def _flush(self) -> None:
        self.flushed += 1


def entry(
    counted: Counted, *, fallback: App = nothing_here, sockets: dict[str, App] | None = None
) -> Entry:
    return Entry(
        runtimes=Runtimes(counted.start),
        exact={"/health": health, "/liveness": liveness, "/ready": ready},
        prefixes={"/static/": echo},
        sockets=sockets or {},
        fallback=fallback,
    )


def guarded(app: Entry) -> Guard:
    return Guard(app, body_limit=lambda _path: 1000, observer=Heard())


async def live(app: Any, *messages: str) -> list[Message]:
    """Sends lifespan messages one by one, waits for an answer to each."""
    incoming: asyncio.Queue[Message] = asyncio.Queue()
    answers: asyncio.Queue[Message] = asyncio.Queue()
    task = asyncio.create_task(app({"type": "lifespan"}, incoming.get, answers.put))
    heard = []
    for message in messages:
        incoming.put_nowait({"type": message})
        heard.append(await answers.get())
    await task
    return heard


async def test_health_says_ok_and_nothing_else() -> None:
    counted = Counted()
    app = entry(counted)
    answer = await call(guarded(app), http_scope(b"/health", headers=[]))
    body = msgspec.json.decode(answer.body)
    assert answer.status == 200
    assert set(body) == {"status", "timestamp"}
    assert body["status"] == "ok"
    assert len(body["timestamp"]) == len("2024-01-15T10:30:45Z")
    assert body["timestamp"].endswith("Z")
    head = await call(guarded(app), http_scope(b"/health", method="HEAD", headers=[]))
    assert head.status == 200
    assert head.body == b""


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", [b"/health", b"/ready", b"/liveness"])
async def test_probes_are_only_read(method: str, path: bytes) -> None:
    answer = await call(guarded(entry(Counted())), http_scope(path, method=method))
    assert answer.status == 405
    assert answer.headers[b"allow"] == b"GET, HEAD"


async def test_not_ready_is_503_and_names_what_is_out() -> None:
    answer = await call(guarded(entry(Counted())), http_scope(b"/ready"))
    assert answer.status == 503
    body = msgspec.json.decode(answer.body)
    assert body["status"] == "not_ready"
    assert body["components"]["postgres"] == "unreachable"
    assert body["components"]["spool"] == "ok"
    assert (await call(guarded(entry(Counted())), http_scope(b"/liveness"))).status == 200


async def test_a_path_finds_its_surface() -> None:
    app = guarded(entry(Counted(), fallback=echo))
    assert (await call(app, http_scope(b"/static/a.css"))).body == b"0"
    assert (await call(app, http_scope(b"/anything"))).body == b"0"
    assert (await call(guarded(entry(Counted())), http_scope(b"/health/"))).status == 404


async def test_a_socket_only_opens_where_there_is_one() -> None:
    async def accept(scope: Any, receive: Any, send: Any) -> None:
        assert not runtime_of(scope).drain.draining
        await send({"type": "websocket.accept"})

    app = guarded(entry(Counted(), sockets={"/ws/console/": accept}))
    assert (await call(app, socket_scope())).sent[0]["type"] == "websocket.accept"
    for elsewhere in (b"/ws/console", b"/v1/realtime", b"/health"):
        assert (await call(app, socket_scope(elsewhere))).sent[0]["type"] == "websocket.close"


async def test_lifespan_starts_once_and_stops() -> None:
    counted = Counted()
    app = entry(counted)
    answers = await live(app, "lifespan.startup", "lifespan.shutdown")
    assert [answer["type"] for answer in answers] == [
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
    ]
    assert (counted.started, counted.flushed) == (1, 1)


async def test_a_failed_start_is_told_to_the_server_and_tried_again() -> None:
    counted = Counted(fail=True)
    app = entry(counted)
    answers = await live(app, "lifespan.startup")
    assert answers == [{"type": "lifespan.startup.failed", "message": "no service"}]
    assert (await call(guarded(app), http_scope(b"/health"))).status == 500
    assert counted.started == 2


async def test_a_worker_that_could_not_record_anything_does_not_start(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("a file")
    config = replace(CONFIG, spool=SpoolConfig(folder=taken / "node", node="node"))

    async def start() -> Runtime:
        return await Runtime.start(config, meter=METER, records=RECORDS, flush=lambda: None)

    app = Entry(runtimes=Runtimes(start), exact={}, prefixes={}, sockets={}, fallback=nothing_here)
    [answer] = await live(app, "lifespan.startup")

    assert answer["type"] == "lifespan.startup.failed"
    assert f"SPOOL_DIR: cannot write to {taken}/node" in answer["message"]


async def test_without_a_lifespan_the_first_request_starts_once_for_all() -> None:
    counted = Counted()
    app = guarded(entry(counted, fallback=echo))
    await asyncio.gather(*(call(app, http_scope()) for _ in range(20)))
    assert counted.started == 1


def test_each_event_loop_has_its_own_runtime() -> None:
    counted = Counted()
    app = guarded(entry(counted, fallback=echo))
    for _ in range(2):
        assert asyncio.run(call(app, http_scope())).status == 200
    assert counted.started == 2


async def test_stopping_what_never_started_is_no_error() -> None:
    await Runtimes(Counted().start).stop()


def test_an_edge_refusal_carries_its_headers() -> None:
    refused = EdgeRefused("method_not_allowed", "Use GET.", headers=((b"allow", b"GET"),))
    assert refused.headers == ((b"allow", b"GET"),)


async def test_agents_probe_the_root_and_people_find_the_console_there() -> None:
    app = Entry(
        runtimes=Runtimes(Counted().start),
        exact={},
        prefixes={},
        sockets={},
        client_api=client_api,
        fallback=echo,
    )
    probed = await call(guarded(app), http_scope(b"/", method="HEAD"))
    shown = await call(guarded(app), http_scope(b"/"))
    assert (probed.status, probed.body, shown.status) == (200, b"", 200)
    assert probed.headers[b"content-type"] == b"application/json"
    assert shown.headers.get(b"content-type") != b"application/json"
