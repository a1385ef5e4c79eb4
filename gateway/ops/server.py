"""The granian process below `switchyard serve`, started as `python -m gateway.ops.server`."""

import signal
from importlib import import_module
from typing import Any, Final

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server import Server

from gateway.logs import granian_config
from gateway.ops.configuration import load_configuration
from gateway.ops.embedded.processes import leash_to_parent
from gateway.ops.serve import KILL_AFTER_DRAIN_S

APPLICATION: Final = "gateway.asgi:application"
BACKLOG: Final = 4096
BACKPRESSURE: Final = 8192
HEADER_READ_TIMEOUT_MS: Final = 10_000
RESPAWN_INTERVAL_S: Final = 0.1
WORKER_MAX_RSS_MB: Final = 512
RSS_SAMPLE_INTERVAL_S: Final = 10


def load_application(target: str) -> Any:
    """In each worker process, before the application is imported."""
    leash_to_parent()
    # The forked worker still has granian's own handlers, which only set a flag nobody here reads: a
    # stop during the import would be lost. Once loaded, granian installs the worker's handlers.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    module, _, name = target.partition(":")
    return getattr(import_module(module), name)


def main() -> None:
    values = load_configuration().values
    Server(
        APPLICATION,
        address=values["HOST"],
        port=values["PORT"],
        interface=Interfaces.ASGI,
        workers=max(1, values["WORKERS"]),
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_READ_TIMEOUT_MS),
        backlog=BACKLOG,
        backpressure=BACKPRESSURE,
        respawn_failed_workers=True,
        respawn_interval=RESPAWN_INTERVAL_S,
        workers_max_rss=WORKER_MAX_RSS_MB,
        rss_sample_interval=RSS_SAMPLE_INTERVAL_S,
        workers_kill_timeout=values["DRAIN_MAX_S"] + KILL_AFTER_DRAIN_S,
        log_dictconfig=granian_config(format=values["LOG_FORMAT"], role=values["SERVE_ROLE"]),
    ).serve(target_loader=load_application)


if __name__ == "__main__":
    main()
