"""`switchyard snapshot show` against the real services."""

import os
from collections.abc import Iterator

import msgspec
import pytest
import redis

from accounts.models import ConfigChange, ConfigVersion
from accounts.tenancy import platform_scope
from gateway.cli import main
from gateway.ops.outcome import Exit
from gateway.publish import Publisher
from gateway.snapshot.acks import ACKNOWLEDGE, KEYS


@pytest.fixture
def state() -> Iterator["redis.Redis"]:
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        yield client


def acknowledge(state: "redis.Redis", version: int) -> None:
    state.eval(ACKNOWLEDGE, len(KEYS), *KEYS, "worker", str(version))


def test_all_is_well_where_nothing_waits_and_no_worker_is_behind(
    db: None, state: "redis.Redis", capsys: pytest.CaptureFixture[str]
) -> None:
    version = ConfigVersion.objects.get().version
    acknowledge(state, version)
    assert main(["snapshot", "show"]) == Exit.OK
    said = capsys.readouterr().out
    assert f"version {version}, 0 changes wait" in said
    assert "tenant" in said
    assert "1 alive, 0 behind" in said


def test_what_waits_and_who_is_behind_is_a_finding(
    db: None, state: "redis.Redis", capsys: pytest.CaptureFixture[str]
) -> None:
    acknowledge(state, 0)
    assert main(["snapshot", "show", "--json"]) == Exit.FINDING
    said = msgspec.json.decode(capsys.readouterr().out)
    assert said["workers"] == {"alive": 1, "behind": 1}
    acknowledge(state, said["version"])
    with platform_scope("test"):
        ConfigChange.objects.create(kind="tenant", object_id="x")
    assert main(["snapshot", "show"]) == Exit.FINDING


def test_a_redis_that_is_out_is_told(
    db: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    without = Publisher(redis_url="redis://127.0.0.1:1/0")
    monkeypatch.setattr("gateway.publish.publisher", lambda: without)
    assert main(["snapshot", "show"]) == Exit.FINDING
    assert "Redis does not answer" in capsys.readouterr().out
