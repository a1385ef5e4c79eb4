"""The one ASGI application: the guard around everything, then path to surface.

/v1/ and the other client paths      the data plane (gateway.edge.operations.surfaces)
/health /ready /liveness /metrics    the edge, outside Django
/static/                             files, outside Django
/ws/console/                         Channels
everything else                      Django; nothing where SERVE_ROLE=edge
"""

import gc
import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, cast

from gateway import env, logs
from gateway.edge.app import Entry, nothing_here
from gateway.edge.client_api import client_api
from gateway.edge.edge_settings import EdgeSettings
from gateway.edge.egress.vendors import open_media, open_vendors
from gateway.edge.intake.guard import Guard
from gateway.edge.intake.sockets import with_prompt_close
from gateway.edge.intake.whole_body import with_length
from gateway.edge.messages import App
from gateway.edge.pages.health import health, liveness, ready
from gateway.edge.readiness import Migration
from gateway.edge.refusals import as_the_path_reads
from gateway.edge.runtime import Runtime, RuntimeConfig, Runtimes
from gateway.ops.tasks import BROKER_KEY_PREFIX, QUEUE
from gateway.snapshot.subscribe import SnapshotConfig
from gateway.spool.writer import SpoolConfig
from gateway.telemetry import multiprocess
from gateway.telemetry.batched import BATCH
from gateway.telemetry.metrics import MetricsPage, describe_build
from gateway.telemetry.observer import RequestObserver
from gateway.telemetry.request_log import RequestLog
from gateway.telemetry.spool import Records
from gateway.telemetry.traffic import Traffic

PROJECT: Final = Path(__file__).resolve().parents[1]
MANAGEMENT_PREFIXES: Final = ("/api/", "/admin/")
MANAGEMENT_BODY_MAX_BYTES: Final = 1_048_576
# Exchanges leave no cycles: what is open between two looks of the collector is looked at in vain.
COLLECT_AFTER: Final = 20_000


def build_application(values: Mapping[str, Any]) -> Guard:
    """The whole application for the settings given."""
    prefixes: dict[str, App] = {}
    sockets: dict[str, App] = {}
    fallback: App = nothing_here
    migrations: frozenset[Migration] = frozenset()
    if values["SERVE_ROLE"] != "edge":
        prefixes, sockets, fallback, migrations = _control_plane()
    logs.configure(
        level=values["LOG_LEVEL"], format=values["LOG_FORMAT"], role=values["SERVE_ROLE"]
    )
    lines = logs.request_log(format=values["LOG_FORMAT"], role=values["SERVE_ROLE"])
    meter = Traffic(max_series=values["METRICS_MAX_SERIES"])
    entry = Entry(
        runtimes=Runtimes(
            lambda: _start(_runtime_config(values, migrations=migrations), meter, lines)
        ),
        client_api=client_api,
        exact={
            "/health": health,
            "/ready": ready,
            "/liveness": liveness,
            "/metrics": MetricsPage(
                token=values["METRICS_TOKEN"], queues={QUEUE: f"{BROKER_KEY_PREFIX}{QUEUE}"}
            ),
        },
        prefixes=prefixes,
        sockets=sockets,
        fallback=fallback,
    )
    most = values["BODY_MAX_BYTES"]
    return Guard(
        entry,
        body_limit=lambda path: (
            min(most, MANAGEMENT_BODY_MAX_BYTES) if path.startswith(MANAGEMENT_PREFIXES) else most
        ),
        observer=RequestObserver(request_log=lines if values["LOG_REQUESTS"] else None),
        trusted=values["TRUSTED_PROXY_CIDRS"],
        render=as_the_path_reads,
    )


def _control_plane() -> tuple[dict[str, App], dict[str, App], App, frozenset[Migration]]:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gateway.settings")
    from django.core.asgi import get_asgi_application  # noqa: PLC0415 - no Django where none serves

    django = cast("App", get_asgi_application())
    # Needs the app registry that get_asgi_application fills.
    from channels.auth import AuthMiddlewareStack  # noqa: PLC0415
    from channels.security.websocket import AllowedHostsOriginValidator  # noqa: PLC0415
    from django.db.migrations.loader import MigrationLoader  # noqa: PLC0415

    from gateway.console.live.consumer import ConsoleSocket  # noqa: PLC0415
    from gateway.console.static_files import StaticFiles  # noqa: PLC0415

    console = with_prompt_close(
        AllowedHostsOriginValidator(AuthMiddlewareStack(ConsoleSocket.as_asgi()))
    )
    migrations = frozenset(MigrationLoader(None).graph.leaf_nodes())
    return (
        {"/static/": StaticFiles()},
        {"/ws/console/": console},
        with_length(django, keep_bytes=MANAGEMENT_BODY_MAX_BYTES),
        migrations,
    )


def _runtime_config(
    values: Mapping[str, Any], *, migrations: frozenset[Migration]
) -> RuntimeConfig:
    mark = os.environ.get("DRAIN_MARK")
    return RuntimeConfig(
        database_url=values["DATABASE_URL"],
        redis_url=values["REDIS_URL"],
        cache_redis_url=values["CACHE_REDIS_URL"] or values["REDIS_URL"],
        broker_url=values["CELERY_BROKER_URL"] or values["REDIS_URL"],
        drain_mark=Path(mark) if mark else None,
        expected_migrations=migrations,
        snapshot=SnapshotConfig(
            database_url=values["DATABASE_URL"],
            key_encryption_key=values["SWITCHYARD_KEK"],
            folder=Path(values["VAR_DIR"]).resolve() / "snapshot",
            node_id=values["NODE_ID"] or socket.gethostname(),
            max_age_s=values["SNAPSHOT_MAX_AGE_S"],
        ),
        peppers=tuple(
            pepper
            for name in ("SWITCHYARD_KEY_PEPPER", "SWITCHYARD_KEY_PEPPER_PREVIOUS")
            if (pepper := values[name])
        ),
        spool=SpoolConfig.from_values(values),
        edge=EdgeSettings.from_values(values),
        open_upstream=lambda: open_vendors(values),
        open_media=lambda: open_media(values),
    )


async def _start(config: RuntimeConfig, meter: Traffic, lines: RequestLog) -> Runtime:
    gc.set_threshold(COLLECT_AFTER)
    lines.start()
    BATCH.start()
    multiprocess.forget_dead_gauges()
    describe_build()
    return await Runtime.start(config, meter=meter, records=Records(), flush=lambda: _flush(lines))


def _flush(lines: RequestLog) -> None:
    lines.flush()
    BATCH.flush()


application: Final = build_application(
    env.parse(env.read_environment(environment=os.environ, dotenv=PROJECT / ".env"))
)
