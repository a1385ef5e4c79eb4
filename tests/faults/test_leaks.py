"""F-71: after traffic, nothing that is kept anywhere holds a key, a credential or a prompt."""

import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
import psycopg
import pytest
import redis
from psycopg import sql

from gateway import env
from tests.clients.management import MASTER_KEY, SETTINGS, Management
from tests.clients.stack import Stack
from tests.faults.bounds import FACTOR
from tests.faults.gateway_process import Gateway
from tests.faults.installation import Installation, wait_until
from tests.faults.referee import Referee

pytestmark = [pytest.mark.faults, pytest.mark.timeout(240)]

PROMPT: Final = f"a-prompt-{secrets.token_hex(8)}"
CREDENTIAL: Final = f"sk-good-{secrets.token_hex(16)}"
MODEL: Final = "vendor.evil-slow-5"
TRACES: Final = {
    "spool/": MODEL.encode(),
    "audit/": MODEL.encode(),
    "log/serve": b"/v1/chat/completions",
    "table cost_records": MODEL.encode(),
    "REDIS_URL": MODEL.encode(),
}
BOOKED: Final = 4  # of what is asked; the others are refusals
TABLES = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
"""


def test_nothing_kept_holds_a_key_a_credential_or_a_prompt(referee: Referee) -> None:
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as (node, stack):
        stack.vendor("vendor", url=referee.url, secrets=[CREDENTIAL])
        ask(stack)
        wait_until(lambda: recorded(node) >= BOOKED, within_s=10 * FACTOR)
        kept = {**files(node), **tables(node), **live_state(node)}
        found = {
            (place, name)
            for place, content in kept.items()
            for name, marker in markers(stack).items()
            if marker in content or marker.hex().encode() in content  # as bytea is dumped
        }
    assert found == set()
    # What was asked for has left its traces in each of them.
    for kind, trace in TRACES.items():
        assert [place for place, content in kept.items() if kind in place and trace in content], (
            kind
        )


@contextmanager
def serving(folder: Path) -> Iterator[tuple[Installation, Stack]]:
    node = Installation(folder)
    node.environment |= {**SETTINGS, "AUDIT_LOG_DIR": str(node.var / "audit")}
    try:
        node.start()
        with Management(f"http://127.0.0.1:{node.port}") as management:
            gateway = Gateway(port=node.port, worker_pid=0)
            yield node, Stack(gateway=gateway, management=management, key=management.key())
    finally:
        node.kill_everything()


def markers(stack: Stack) -> dict[str, bytes]:
    return {
        "prompt": PROMPT.encode(),
        "credential": CREDENTIAL.encode(),
        "key": stack.key.value.encode(),
        "master key": MASTER_KEY.encode(),
    }


def ask(stack: Stack) -> None:
    """Answers whole and streamed, one that fails, one nobody knows, one nobody may have."""
    key = stack.key.value
    for model, is_stream, given in (
        (MODEL, False, key),
        ("vendor.evil-paced-8-10", True, key),
        ("vendor.evil-status-500", False, key),
        ("vendor.evil-echo-key", False, key),
        ("nobody.knows", False, key),
        (MODEL, False, f"{key[:-1]}{'a' if key[-1] != 'a' else 'b'}"),
    ):
        body = msgspec.json.encode(
            {
                "model": model,
                "stream": is_stream,
                "user": PROMPT,
                "messages": [{"role": "user", "content": PROMPT}],
            }
        )
        head = (
            "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"
            f"Authorization: Bearer {given}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        assert stack.gateway.send(head.encode(), body).statuses


@contextmanager
def database(node: Installation) -> Iterator["psycopg.Connection[tuple[Any, ...]]"]:
    with psycopg.connect(node.database_url(owner=True)) as connection:
        connection.execute("SELECT set_config('app.platform', 'on', false)")
        yield connection


def recorded(node: Installation) -> int:
    with database(node) as connection:
        row = connection.execute("SELECT count(*) FROM cost_records WHERE final").fetchone()
    return row[0] if row else 0


def files(node: Installation) -> dict[str, bytes]:
    """Spool, logs, audit files, copies of the configuration; the server's own are dumped below."""
    return {
        str(path.relative_to(node.var)): path.read_bytes()
        for path in node.var.rglob("*")
        if path.is_file() and "postgres" not in path.relative_to(node.var).parts
    }


def tables(node: Installation) -> dict[str, bytes]:
    with database(node) as connection:
        return {
            f"table {name}": _dumped(connection, name)
            for (name,) in connection.execute(TABLES).fetchall()
        }


def _dumped(connection: "psycopg.Connection[tuple[Any, ...]]", name: str) -> bytes:
    rows = connection.execute(
        sql.SQL("SELECT to_jsonb(t)::text FROM {} t").format(sql.Identifier(name))
    )
    return "\n".join(text for (text,) in rows).encode()


def live_state(node: Installation) -> dict[str, bytes]:
    addresses = env.read_env_file(node.var / "embedded.env")
    kept = {}
    for name in ("REDIS_URL", "CACHE_REDIS_URL"):
        with redis.Redis.from_url(addresses[name]) as client:
            for key in client.scan_iter():
                read = READERS[client.type(key)]
                kept[f"{name} {key!r}"] = key + repr(read(client, key)).encode()
    return kept


# Not DUMP, which compresses.
READERS: Final[dict[bytes, Callable[[redis.Redis, bytes], object]]] = {
    b"string": lambda client, key: client.get(key),
    b"hash": lambda client, key: client.hgetall(key),
    b"list": lambda client, key: client.lrange(key, 0, -1),
    b"set": lambda client, key: client.smembers(key),
    b"zset": lambda client, key: client.zrange(key, 0, -1),
    b"stream": lambda client, key: client.xrange(key),
    b"none": lambda _client, _key: b"",  # expired meanwhile
}
