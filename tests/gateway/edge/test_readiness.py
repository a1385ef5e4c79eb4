import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

import psycopg
import pytest

from gateway.edge.readiness import (
    CHECK_TIMEOUT_S,
    Readiness,
    database_check,
    redis_check,
    spool_check,
)
from gateway.edge.runtime import redis_client
from gateway.edge.worker.drain import DrainWatch
from tests.gateway.edge.notebook import Notebook, books

NOBODY_LISTENS = "127.0.0.1:1"


def readiness(checks: Mapping[str, str], *, drain: DrainWatch | None = None) -> Readiness:
    async def answer(name: str, state: str) -> Mapping[str, str]:
        return {name: state}

    def check(name: str, state: str) -> object:
        return lambda: answer(name, state)

    named = {name: check(name, state) for name, state in checks.items()}
    return Readiness(checks=named, drain=drain or DrainWatch(None))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("states", "status"),
    [
        ({"postgres": "ok", "redis": "ok", "cache": "ok"}, "ready"),
        ({"postgres": "ok", "redis": "ok", "cache": "unreachable"}, "degraded"),
        ({"postgres": "unreachable", "redis": "ok", "cache": "ok"}, "degraded"),
        ({"postgres": "ok", "redis": "unreachable", "cache": "ok"}, "degraded"),
        ({"snapshot": "not loaded yet", "postgres": "ok"}, "not_ready"),
        ({"snapshot": "ok", "clock": "7 s ahead of PostgreSQL's"}, "not_ready"),
        ({"migrations": "pending", "cache": "unreachable"}, "not_ready"),
    ],
)
async def test_the_worst_component_decides(states: dict[str, str], status: str) -> None:
    report = await readiness(states).report()
    assert report.status == status
    assert report.components == {**states, "drain": "ok"}


async def test_a_worker_that_cannot_record_is_not_ready() -> None:
    notebook = Notebook()
    ready = Readiness(checks={"spool": spool_check(books(notebook))}, drain=DrainWatch(None))
    assert (await ready.report()).status == "ready"

    notebook.short = "7 bytes are free for records"
    ready = Readiness(checks={"spool": spool_check(books(notebook))}, drain=DrainWatch(None))
    report = await ready.report()

    assert (report.status, report.components["spool"]) == ("not_ready", notebook.short)


async def test_many_questions_are_one_check() -> None:
    asked = 0

    async def check() -> Mapping[str, str]:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0.01)
        return {"redis": "ok"}

    ready = Readiness(checks={"redis": check}, drain=DrainWatch(None))
    await asyncio.gather(*(ready.report() for _ in range(50)))
    assert asked == 1


async def test_a_check_that_hangs_or_fails_means_unreachable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def hang() -> Mapping[str, str]:
        await asyncio.Event().wait()
        raise AssertionError

    async def fail() -> Mapping[str, str]:
        raise OSError

    monkeypatch.setattr("gateway.edge.readiness.CHECK_TIMEOUT_S", 0.01)
    assert CHECK_TIMEOUT_S >= 1
    report = await Readiness(
        checks={"postgres": hang, "redis": fail}, drain=DrainWatch(None)
    ).report()
    assert report.components == {"postgres": "unreachable", "redis": "unreachable", "drain": "ok"}


async def test_the_real_services_are_reached() -> None:
    client = redis_client(os.environ["REDIS_URL"])
    assert await redis_check("redis", client)() == {"redis": "ok"}
    await client.aclose()


async def test_a_service_that_is_out_does_not_delay() -> None:
    client = redis_client(f"redis://{NOBODY_LISTENS}/0")
    checks = {
        "redis": redis_check("redis", client),
        "postgres": database_check(
            url=f"postgresql://x:y@{NOBODY_LISTENS}/z", expected=frozenset()
        ),
    }
    async with asyncio.timeout(5):
        report = await Readiness(checks=checks, drain=DrainWatch(None)).report()
    assert report.status == "degraded"
    assert report.components["redis"] == report.components["postgres"] == "unreachable"
    await client.aclose()


@pytest.mark.usefixtures("django_db_setup")
async def test_migrations_are_asked_for_until_all_are_there() -> None:
    url = os.environ["DATABASE_URL"]
    first = frozenset({("accounts", "0001_initial")})
    assert await database_check(url=url, expected=first)() == {"postgres": "ok", "migrations": "ok"}
    assert await database_check(url=url, expected=frozenset())() == {"postgres": "ok"}
    more = first | {("accounts", "9999_of_a_newer_release")}
    pending = database_check(url=url, expected=more)
    assert (await pending())["migrations"] == "pending"
    complete = database_check(url=url, expected=first)
    assert await complete() == await complete() == {"postgres": "ok", "migrations": "ok"}


async def test_a_database_without_any_migration_is_pending() -> None:
    url = os.environ["DATABASE_OWNER_URL"].rpartition("/")[0] + "/switchyard"
    async with await psycopg.AsyncConnection.connect(url) as connection:
        found = await (
            await connection.execute("SELECT to_regclass('django_migrations')")
        ).fetchone()
    assert found == (None,)
    expected = frozenset({("accounts", "0001_initial")})
    assert (await database_check(url=url, expected=expected)())["migrations"] == "pending"


async def test_the_drain_mark_is_seen_within_a_second_and_for_good(tmp_path: Path) -> None:
    mark = tmp_path / "drain"
    drain = DrainWatch(mark)
    drain.start()
    ready = readiness({"redis": "ok"}, drain=drain)
    assert (await ready.report()).status == "ready"
    mark.touch()
    async with asyncio.timeout(5):
        while (await ready.report()).status != "not_ready":  # noqa: ASYNC110 - polls, as a balancer does
            await asyncio.sleep(0.01)
    assert (await ready.report()).components["drain"] == "draining"
    mark.unlink()
    assert drain.draining
    await drain.stop()


async def test_what_is_open_when_the_patience_is_over_is_told_to_end(tmp_path: Path) -> None:
    told = asyncio.Event()
    drain = DrainWatch(tmp_path, patience_s=0.01, last_call=told.set)
    drain.start()
    async with asyncio.timeout(5):
        await told.wait()
    assert drain.draining
    await drain.stop()
