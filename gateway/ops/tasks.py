"""`switchyard worker` and `switchyard beat`: this process becomes Celery."""

import os
import sys
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

# Longer than any task may run: what is not acknowledged by then goes to another worker.
VISIBILITY_TIMEOUT_S: Final = 300
QUEUE: Final = "default"
BROKER_KEY_PREFIX: Final = "switchyard:celery:"
BROKER_OPTIONS: Final = {
    "visibility_timeout": VISIBILITY_TIMEOUT_S,
    "global_keyprefix": BROKER_KEY_PREFIX,
}
EMBEDDED_CONCURRENCY: Final = 4
PREFORK_CONCURRENCY: Final = 2
WORKER_NODE: Final = "worker@switchyard"


def broker_url(url: str) -> str:
    """The same server as Celery spells it, whose own defaults differ from the other clients'."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    if parts.scheme == "rediss":
        # Celery would take any certificate.
        query.setdefault("ssl_cert_reqs", "required")
        return parts._replace(query=urlencode(query)).geturl()
    if parts.scheme == "unix":
        place = url.removeprefix("unix://").partition("?")[0]
        return f"redis+socket://{place}?{urlencode({'virtual_host': query.get('db', '0')})}"
    return url


def worker_command(*, threads: bool) -> list[str]:
    pool = ("threads", EMBEDDED_CONCURRENCY) if threads else ("prefork", PREFORK_CONCURRENCY)
    return [
        *_celery("worker"),
        *("--pool", pool[0], "--concurrency", str(pool[1])),
        # One broker, few workers: waiting a second at start for others to answer buys nothing.
        *("--without-mingle", "--without-gossip"),
        *("--hostname", WORKER_NODE if threads else f"{WORKER_NODE}-%h"),
    ]


def beat_command(*, var: Path) -> list[str]:
    return [*_celery("beat"), "--schedule", str(var / "run" / "beat-schedule"), "--pidfile="]


def _celery(command: str) -> list[str]:
    return [
        sys.executable,
        "-m",
        "celery",
        # Its banner is drawn with dashes, and a log holds one object a line.
        "--quiet",
        "--app",
        "gateway.celery",
        command,
        "--loglevel",
        "info",
    ]


def become(command: list[str]) -> None:
    os.execv(command[0], command)  # noqa: S606 - this process ends here; no shell is involved
