"""The table of children: what runs, when it counts as ready, how it is stopped."""

import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import httpx
from celery import Celery

from gateway.ops.checks import local_url
from gateway.ops.configuration import PROJECT, Configuration
from gateway.ops.embedded import lock
from gateway.ops.embedded.child import ChildSpec, StopStep
from gateway.ops.embedded.postgres import PostgresCluster, server_environment
from gateway.ops.embedded.valkey import ValkeyServer
from gateway.ops.tasks import (
    BROKER_OPTIONS,
    WORKER_NODE,
    beat_command,
    broker_url,
    worker_command,
)
from gateway.spool.paths import node_dir, node_of, spool_dir
from gateway.spool.shipper import LOCK
from gateway.telemetry import multiprocess

SERVICE_READY_S: Final = 30.0
PREPARE_S: Final = 300.0
PROGRAM_READY_S: Final = 60.0
PROBE_S: Final = 1.0
DRAIN_S: Final = 20


def postgres_child(cluster: PostgresCluster) -> ChildSpec:
    return ChildSpec(
        name="postgres",
        command=cluster.command(),
        environment=server_environment(),
        ready=cluster.accepts,
        ready_within_s=SERVICE_READY_S,
        stop=(
            StopStep(number=signal.SIGINT, within_s=10),
            StopStep(number=signal.SIGQUIT, within_s=5),
        ),
        # Immediate shutdown: backends end with it; the write-ahead log makes the next start whole.
        death_signal=signal.SIGQUIT,
        account=cluster.account,
    )


def valkey_child(server: ValkeyServer) -> ChildSpec:
    return ChildSpec(
        name=f"valkey-{server.role}",
        command=server.command(),
        environment=os.environ,
        ready=server.accepts,
        ready_within_s=SERVICE_READY_S,
        stop=(StopStep(number=signal.SIGTERM, within_s=5),),
        death_signal=signal.SIGTERM,
        folder=server.folder,
    )


def prepare_child(configuration: Configuration, *, report: Path) -> ChildSpec:
    return ChildSpec(
        name="prepare",
        command=[sys.executable, "-m", "gateway.ops.embedded.prepare", str(report)],
        environment=_environment(configuration, owner=True),
        ready=lambda: True,
        ready_within_s=PREPARE_S,
        stop=(StopStep(number=signal.SIGTERM, within_s=5),),
        folder=PROJECT,
    )


def shipper_child(configuration: Configuration) -> ChildSpec:
    values = configuration.values
    held = node_dir(spool_dir(values), node_of(values)) / LOCK
    return ChildSpec(
        name="shipper",
        command=[sys.executable, "-m", "gateway.ops.ship"],
        environment=_environment(configuration, owner=False)
        | multiprocess.environment(configuration.paths.var),
        ready=lambda: lock.holder(held) is not None,
        ready_within_s=PROGRAM_READY_S,
        stop=(StopStep(number=signal.SIGTERM, within_s=10),),
        folder=PROJECT,
    )


def worker_child(configuration: Configuration) -> ChildSpec:
    return ChildSpec(
        name="worker",
        command=worker_command(threads=True),
        environment=_environment(configuration, owner=True)
        | multiprocess.environment(configuration.paths.var),
        ready=_worker_answers(configuration),
        ready_within_s=PROGRAM_READY_S,
        stop=(
            StopStep(number=signal.SIGTERM, within_s=15),
            StopStep(number=signal.SIGQUIT, within_s=5),
        ),
        folder=PROJECT,
    )


def beat_child(configuration: Configuration) -> ChildSpec:
    return ChildSpec(
        name="beat",
        command=beat_command(var=configuration.paths.var),
        environment=_environment(configuration, owner=False),
        ready=lambda: True,
        ready_within_s=PROGRAM_READY_S,
        stop=(StopStep(number=signal.SIGTERM, within_s=5),),
        folder=PROJECT,
    )


def serve_child(configuration: Configuration) -> ChildSpec:
    # No balancer stands before the embedded server, so nobody has to notice that it is leaving.
    drain = {"DRAIN_READY_DELAY_S": "0", "DRAIN_MAX_S": str(DRAIN_S)}
    chosen = {name: value for name, value in drain.items() if not configuration.given.get(name)}
    return ChildSpec(
        name="serve",
        command=[sys.executable, "-m", "gateway.ops.serve"],
        environment=_environment(configuration, owner=False) | chosen,
        ready=_answers(f"{local_url(configuration)}/ready"),
        ready_within_s=PROGRAM_READY_S,
        stop=(
            StopStep(number=signal.SIGTERM, within_s=DRAIN_S + 5),
            StopStep(number=signal.SIGTERM, within_s=5),
        ),
        folder=PROJECT,
    )


def development_children(configuration: Configuration) -> list[ChildSpec]:
    """Daphne through `runserver`, and Vite where the console's packages are installed."""
    host, port = configuration.values["HOST"], configuration.values["PORT"]
    listener = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    base = _environment(configuration, owner=False)
    stop = (StopStep(number=signal.SIGTERM, within_s=5),)
    django = ChildSpec(
        name="runserver",
        command=[sys.executable, "-m", "gateway.ops.embedded.runserver", listener],
        environment=base if configuration.given.get("DEBUG") else base | {"DEBUG": "true"},
        ready=_answers(f"{local_url(configuration)}/ready"),
        ready_within_s=PROGRAM_READY_S,
        stop=stop,
        folder=PROJECT,
    )
    vite = PROJECT / "frontend/node_modules/vite/bin/vite.js"
    if not vite.is_file():
        return [django]
    console = ChildSpec(
        name="vite",
        command=[str(Path(sys.executable).with_name("node")), str(vite)],
        environment=base,
        ready=lambda: True,
        ready_within_s=PROGRAM_READY_S,
        stop=stop,
        folder=PROJECT / "frontend",
    )
    return [django, console]


def _environment(configuration: Configuration, *, owner: bool) -> dict[str, str]:
    """The owner's login goes only to the programs that migrate or tend partitions."""
    whole = {**configuration.environment(), "PYTHONUNBUFFERED": "1"}
    return whole if owner else whole | {"DATABASE_OWNER_URL": ""}


def _answers(url: str) -> Callable[[], bool]:
    client = httpx.Client(timeout=PROBE_S, trust_env=False)

    def ready() -> bool:
        with suppress(httpx.HTTPError):
            return client.get(url).status_code == httpx.codes.OK
        return False

    return ready


def _worker_answers(configuration: Configuration) -> Callable[[], bool]:
    values = configuration.values
    app = Celery(
        broker=broker_url(values["CELERY_BROKER_URL"] or values["REDIS_URL"]),
        set_as_current=False,
        changes={"broker_transport_options": BROKER_OPTIONS},
    )

    def ready() -> bool:
        with suppress(OSError):
            return bool(app.control.ping(destination=[WORKER_NODE], timeout=PROBE_S, limit=1))
        return False

    return ready
