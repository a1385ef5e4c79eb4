"""The answer to a change of a key says whether the data plane serves by it already."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
import redis

from accounts.models import ConfigVersion
from accounts.propagation import Propagation
from accounts.tenancy import tenant_scope
from gateway.snapshot.acks import ACKNOWLEDGE, KEYS
from tests.accounts.world import Town

AHEAD = 1_000_000


@pytest.fixture
def state() -> Iterator["redis.Redis"]:
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        yield client


def acknowledge(state: "redis.Redis", version: int) -> None:
    state.eval(ACKNOWLEDGE, len(KEYS), *KEYS, "worker", str(version))


def changes(town: Town) -> list[tuple[str, str, Any]]:
    key_id = f"key_{town.key.public_id}"
    return [
        ("POST", "keys", {"name": "ci"}),
        ("PATCH", f"keys/{key_id}", {"expires_at": "2030-01-01"}),
        ("PATCH", f"/admin/api-keys/{key_id}", {"allowed_ips": ["10.0.0.0/8"]}),
        ("POST", f"keys/{key_id}/rotate", {}),
        ("POST", f"keys/{key_id}/clone", {}),
        ("DELETE", f"keys/{key_id}", None),
        ("POST", f"keys/{key_id}/enable", None),
        ("POST", "keys/bulk", {"action": "tag", "ids": [key_id], "tags": ["t"]}),
        ("POST", f"keys/{key_id}/revoke", None),
    ]


def test_every_change_of_a_key_says_that_it_has_reached_the_workers(
    town: Town, state: "redis.Redis"
) -> None:
    acknowledge(state, AHEAD)
    for method, path, body in changes(town):
        answer = town.api("owner").call(method, path, body)
        assert answer.json()["propagated"] is True, path


def test_where_no_worker_lives_nothing_is_promised(town: Town) -> None:
    for method, path, body in changes(town):
        answer = town.api("owner").call(method, path, body)
        assert answer.status_code < 300, path
        assert answer.json()["propagated"] is False, path


def test_what_only_reads_says_nothing_of_it(town: Town) -> None:
    api = town.api("owner")
    for path in ("keys", f"keys/key_{town.key.public_id}"):
        assert "propagated" not in api.get(path).json()


def test_it_is_asked_after_the_commit_and_not_for_what_was_refused(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def look() -> bool:
        # Unbound again: the scope of the change, a transaction, is over.
        with tenant_scope(tenant_id=town.tenant.id):
            town.key.refresh_from_db()
        seen.append(town.key.status)
        return True

    monkeypatch.setattr(Propagation, "wait", look)
    key = f"keys/key_{town.key.public_id}"
    town.api("owner").post(f"{key}/revoke")
    assert seen == ["revoked"]
    assert town.api("owner").patch(key, {"name": "x"}).status_code == 409
    assert len(seen) == 1


def test_a_repeat_tells_what_holds_now(town: Town, state: "redis.Redis") -> None:
    api = town.api("owner")
    first = api.post("keys", {"name": "ci"}, Idempotency_Key="once").json()
    acknowledge(state, AHEAD)
    second = api.post("keys", {"name": "ci"}, Idempotency_Key="once").json()
    assert (first["propagated"], second["propagated"]) == (False, True)
    assert first["id"] == second["id"]


def test_a_worker_behind_is_told_of(
    town: Town, state: "redis.Redis", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.publish.WAIT_S", 0.05)
    acknowledge(state, ConfigVersion.objects.get().version - 1)
    answer = town.api("owner").post(f"keys/key_{town.key.public_id}/revoke")
    assert (answer.status_code, answer.json()["propagated"]) == (200, False)
