"""The metrics of this release and the page that shows them.

Laws: every name starts with switchyard_; label values come from configuration (routes, tasks,
versions), never from a request; who has no token learns nothing, not even that the page exists.
"""

import asyncio
import os
import platform
from collections.abc import Mapping
from hmac import compare_digest
from typing import Final

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from accounts.errors import Refused
from gateway import VERSION
from gateway.edge.messages import Receive, Scope, Send, respond
from gateway.edge.pages.surface import require_reading
from gateway.edge.runtime import runtime_of
from gateway.telemetry import batched
from gateway.telemetry.batched import BATCH
from gateway.telemetry.multiprocess import VARIABLE
from gateway.telemetry.queues import read_queue_depths

batched.install()

LATENCY_BUCKETS: Final = (
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120,
)  # fmt: skip
OTHER: Final = "other"
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

BUILD_INFO: Final = Gauge(
    "switchyard_build_info",
    "Version of the product.",
    ["version", "python"],
    multiprocess_mode="max",
)
INFLIGHT: Final = Gauge(
    "switchyard_inflight", "Requests being served.", multiprocess_mode="livesum"
)
WEBSOCKET_CLIENTS: Final = Gauge(
    "switchyard_websocket_clients", "Open console sockets.", multiprocess_mode="livesum"
)
MANAGEMENT_REQUESTS: Final = Counter(
    "switchyard_management_requests_total",
    "Requests to the console and the management API.",
    ["route", "method", "status_class"],
)
MANAGEMENT_SECONDS: Final = Histogram(
    "switchyard_management_request_seconds",
    "Time from the first byte in to the last byte out, console and management API.",
    ["route"],
    buckets=LATENCY_BUCKETS,
)
TASK_SECONDS: Final = Histogram(
    "switchyard_task_seconds",
    "Run time of background tasks.",
    ["task", "outcome"],
    buckets=LATENCY_BUCKETS,
)


def describe_build() -> None:
    BUILD_INFO.labels(version=VERSION, python=platform.python_version()).set(1)


def observe_task(*, task: str, outcome: str, seconds: float) -> None:
    TASK_SECONDS.labels(task=task, outcome=outcome).observe(seconds)


def observe_management(*, route: str, method: str, status: int, seconds: float) -> None:
    method = method if method in METHODS else OTHER
    MANAGEMENT_REQUESTS.labels(route=route, method=method, status_class=f"{status // 100}xx").inc()
    MANAGEMENT_SECONDS.labels(route=route).observe(seconds)


def exposition() -> bytes:
    """All processes of the node together when they share a directory, else this one."""
    BATCH.flush()
    if VARIABLE not in os.environ:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)


class MetricsPage:
    def __init__(self, *, token: str, queues: Mapping[str, str] | None = None) -> None:
        self._queues = queues or {}
        self._authorization = f"Bearer {token}".encode() if token else b""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._is_allowed(scope):
            raise Refused("not_found", f"{scope['path']} does not exist.")
        require_reading(scope)
        if self._queues:
            await read_queue_depths(runtime_of(scope).broker, queues=self._queues)
        body = await asyncio.to_thread(exposition)
        await respond(
            send,
            status=200,
            content_type=CONTENT_TYPE_LATEST.encode(),
            body=body,
            with_body=scope["method"] != "HEAD",
        )

    def _is_allowed(self, scope: Scope) -> bool:
        given = b"".join(value for name, value in scope["headers"] if name == b"authorization")
        return bool(self._authorization) and compare_digest(given, self._authorization)
