"""From a changed row to the compiled one: none lost, none early, none twice."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest
import redis
from django.db import OperationalError, connections, transaction
from structlog.testing import capture_logs

from accounts.ids import new_id
from accounts.models import ApiKey, CompiledSpec, ConfigChange, ConfigVersion, Tenant
from accounts.services.changes import announce
from accounts.specs import KeySpec
from accounts.tenancy import platform_scope, tenant_scope
from gateway import publish
from gateway.console.tasks import compile_configuration
from gateway.publish import KINDS, TABLES, Publisher, publisher
from gateway.snapshot.acks import ACKNOWLEDGE, CHANNEL, KEYS, SEEN
from gateway.snapshot.rows import DECODERS
from tests.gateway.snapshot.changes import issue, revoke, with_access

NOBODY_LISTENS = "redis://127.0.0.1:1/0"


@pytest.fixture
def state() -> Iterator["redis.Redis"]:
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        yield client


def compiled(kind: str = "key") -> dict[str, CompiledSpec]:
    with platform_scope("test"):
        return {row.object_id: row for row in CompiledSpec.objects.filter(kind=kind)}


def waiting() -> int:
    with platform_scope("test"):
        return ConfigChange.objects.count()


def version() -> int:
    return ConfigVersion.objects.get().version


def spec_of(key: ApiKey) -> KeySpec:
    payload = compiled()[str(key.pk)].payload
    assert payload is not None
    return msgspec.json.decode(bytes(payload), type=KeySpec)


def default_tenant_id() -> UUID:
    found: UUID = with_access(lambda access: access.the_tenant().pk)
    return found


def test_every_kind_that_is_compiled_can_be_read() -> None:
    assert KINDS.keys() == DECODERS.keys()


# --- noting ---------------------------------------------------------------------------------------


def test_a_change_is_noted_in_its_own_transaction(db: None) -> None:
    before = waiting()
    with transaction.atomic():
        issue()
        assert waiting() == before + 1
        transaction.set_rollback(True)
    assert waiting() == before


@pytest.mark.parametrize("kind", ["user", "team", "invite", "member", "session"])
def test_what_means_nothing_to_the_data_plane_is_not_noted(db: None, kind: str) -> None:
    announce(kind=kind, row_id=new_id(), tenant_id=None)
    assert waiting() == 0


def test_a_transaction_is_compiled_once_however_much_it_changes(
    committed_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = []
    compile_pending = Publisher.compile_pending

    def counted(self: Publisher) -> Any:
        runs.append(1)
        return compile_pending(self)

    monkeypatch.setattr(Publisher, "compile_pending", counted)
    made: list[ApiKey] = with_access(lambda _: [issue(), issue(), issue()])
    assert len(runs) == 1
    assert {str(key.pk) for key in made} <= compiled().keys()
    assert waiting() == 0


# --- compiling ------------------------------------------------------------------------------------


def test_a_committed_change_is_compiled_and_published(
    committed_db: None, state: "redis.Redis"
) -> None:
    heard: Any = state.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
    heard.subscribe(CHANNEL)
    heard.get_message(timeout=5)
    key = issue(allowed_models=["gpt-4*"])
    spec = spec_of(key)
    assert (spec.name, spec.allowed_models, spec.status) == ("k", ("gpt-4*",), "active")
    assert compiled()[str(key.pk)].name == key.public_id
    message = heard.get_message(timeout=5)
    assert message is not None
    assert int(message["data"]) == version() == compiled()[str(key.pk)].version
    revoke(key)
    assert spec_of(key).status == "revoked"
    heard.close()


def test_nothing_uncommitted_is_compiled(committed_db: None) -> None:
    key = issue()
    with psycopg.connect(os.environ["DATABASE_URL"]) as other:
        other.execute("SELECT set_config('app.platform', 'on', true)")
        other.execute("UPDATE api_keys SET name = 'early' WHERE id = %s", [key.pk])
        other.execute(
            "INSERT INTO config_changes (kind, object_id, created_at) VALUES ('key', %s, now())",
            [str(key.pk)],
        )
        publisher().compile_pending()
        assert spec_of(key).name == "k"
        other.commit()
    compile_configuration()
    assert spec_of(key).name == "early"


def test_what_compiles_to_the_same_takes_no_version(committed_db: None) -> None:
    key = issue(scopes=["inference", "mcp"], tags=["b", "a"])
    before = version()
    with tenant_scope(tenant_id=key.tenant_id):
        announce(kind="key", row_id=key.pk, tenant_id=key.tenant_id)
    assert version() == before
    assert waiting() == 0


def test_each_object_takes_a_version_of_its_own(committed_db: None) -> None:
    before = version()
    made: list[ApiKey] = with_access(lambda _: [issue() for _ in range(5)])
    versions = sorted(compiled()[str(key.pk)].version for key in made)
    assert versions == list(range(before + 1, before + 6))
    assert version() == before + 5


def test_more_than_a_batch_is_compiled_to_the_end(
    committed_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish, "BATCH", 3)
    made: list[ApiKey] = with_access(lambda _: [issue() for _ in range(7)])
    assert {str(key.pk) for key in made} <= compiled().keys()
    assert waiting() == 0


def test_what_is_gone_leaves_a_tombstone_under_its_name(committed_db: None) -> None:
    key = issue()
    with tenant_scope(tenant_id=key.tenant_id):
        key_id = key.pk
        key.delete()
        announce(kind="key", row_id=key_id, tenant_id=key.tenant_id)
    row = compiled()[str(key_id)]
    assert (row.payload, row.name, row.version) == (None, key.public_id, version())
    before = version()
    with platform_scope("test"):
        announce(kind="key", row_id=key_id, tenant_id=None)
        announce(kind="key", row_id=new_id(), tenant_id=None)
    assert version() == before


def test_a_row_that_cannot_be_compiled_waits_and_holds_up_no_other(
    committed_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = KINDS["key"]

    def refuse(row: ApiKey) -> KeySpec:
        if row.name == "bad":
            raise ValueError("no such thing")
        compiled_key: KeySpec = good.compile(row)  # type: ignore[assignment]
        return compiled_key

    monkeypatch.setattr(
        publish, "KINDS", {**KINDS, "key": publish.Kind(rows=good.rows, compile=refuse)}
    )
    with capture_logs() as logs:
        bad, fine = with_access(lambda _: (issue("bad"), issue("fine")))
    assert str(fine.pk) in compiled()
    assert str(bad.pk) not in compiled()
    assert waiting() == 1
    [line] = [line for line in logs if line["event"] == "row_not_compiled"]
    assert (line["kind"], line["object_id"], line["error"]) == ("key", str(bad.pk), "no such thing")
    assert publisher().compile_pending().waiting
    assert not publisher().wait_for_workers()
    monkeypatch.undo()
    assert not publisher().compile_pending().waiting
    assert spec_of(bad).name == "bad"


def test_a_broken_connection_while_compiling_loses_nothing(
    committed_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = KINDS["key"]

    def lose_connection(row: ApiKey) -> KeySpec:
        raise OperationalError(f"gone at {row.pk}")

    broken = publish.Kind(rows=good.rows, compile=lose_connection)
    monkeypatch.setattr(publish, "KINDS", {**KINDS, "key": broken})
    key = issue()
    assert str(key.pk) not in compiled()
    assert not publisher().wait_for_workers()
    monkeypatch.undo()
    compile_configuration()
    assert spec_of(key).public_id == key.public_id


def test_many_at_once_lose_no_change_and_give_no_version_twice(committed_db: None) -> None:
    key = issue("0")
    before, there = version(), len(compiled())

    def change() -> None:
        for number in range(10):
            issue(f"{threading.get_ident()}-{number}")
            with tenant_scope(tenant_id=key.tenant_id):
                row = ApiKey.objects.select_for_update().get(pk=key.pk)
                row.name = str(int(row.name) + 1)
                row.save(update_fields=["name"])
                announce(kind="key", row_id=key.pk, tenant_id=key.tenant_id)
        connections.close_all()

    threads = [threading.Thread(target=change) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert spec_of(key).name == "40"
    rows = compiled()
    assert len(rows) == there + 40
    assert max(row.version for row in rows.values()) == version() <= before + 80
    assert waiting() == 0


def test_only_the_platform_reads_compiled_rows(committed_db: None) -> None:
    key = issue()
    with tenant_scope(tenant_id=key.tenant_id):
        assert not CompiledSpec.objects.exists()
    with platform_scope("test"):
        assert CompiledSpec.objects.exists()


# --- an upgrade -----------------------------------------------------------------------------------


def test_after_an_upgrade_every_row_is_compiled_again(committed_db: None) -> None:
    key = issue()
    publisher().compile_after_upgrade()
    with platform_scope("test"):
        CompiledSpec.objects.filter(object_id=str(key.pk)).update(payload=b"{}")
    publisher().compile_after_upgrade()
    assert bytes(compiled()[str(key.pk)].payload or b"") == b"{}"
    ConfigVersion.objects.update(compiled_by="code of the release before")
    before = version()
    publisher().compile_after_upgrade()
    assert spec_of(key).public_id == key.public_id
    # All else compiled to what it was.
    assert version() == before + 1


def test_tables_that_rows_are_compiled_with_count_as_code(
    db: None, tmp_path: Path, settings: Any
) -> None:
    settings.BASE_DIR = tmp_path
    digests = []
    for said in ("[]", "[1]"):
        for table in TABLES:
            path = tmp_path / table
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(said)
        publisher().compile_after_upgrade()
        digests.append(ConfigVersion.objects.get().compiled_by)
    assert digests[0] != digests[1]


def test_a_migrated_database_is_compiled(db: None) -> None:
    with platform_scope("test"):
        default = Tenant.objects.get(slug="default")
    assert compiled("tenant")[str(default.pk)].payload is not None
    assert ConfigVersion.objects.get().compiled_by


# --- reaching the workers -------------------------------------------------------------------------


def acknowledge(state: "redis.Redis", worker: str, at_version: int) -> None:
    state.eval(ACKNOWLEDGE, len(KEYS), *KEYS, worker, str(at_version))


def test_a_change_has_reached_the_workers_once_all_that_live_say_so(
    db: None, state: "redis.Redis", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish, "WAIT_S", 0.1)
    assert not publisher().wait_for_workers(), "nobody lives"
    acknowledge(state, "a", version())
    acknowledge(state, "b", version())
    assert publisher().wait_for_workers()
    acknowledge(state, "b", version() - 1)
    assert not publisher().wait_for_workers()
    # Silent for long: it was killed.
    state.zadd(SEEN, {"b": 1})
    assert publisher().wait_for_workers()


def test_a_worker_that_follows_is_waited_for(db: None, state: "redis.Redis") -> None:
    acknowledge(state, "a", version() - 1)
    later = threading.Timer(0.2, acknowledge, (state, "a", version()))
    later.start()
    assert publisher().wait_for_workers()
    later.join()


def test_a_back_end_that_cannot_be_compiled_holds_up_no_revocation(
    db: None, state: "redis.Redis", monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(row: Any) -> KeySpec:
        raise ValueError(f"no such kind: {row}")

    broken = publish.Kind(rows=KINDS["tenant"].rows, compile=refuse)
    monkeypatch.setattr(publish, "KINDS", {**KINDS, "provider": broken})
    with platform_scope("test"):
        default = Tenant.objects.get(slug="default")
        ConfigChange.objects.create(kind="provider", object_id=str(default.pk))
    acknowledge(state, "a", version())
    assert publisher().compile_pending().waiting == {"provider"}
    assert publisher().wait_for_workers()


@pytest.mark.parametrize("url", [NOBODY_LISTENS, ""])
def test_without_redis_nothing_is_lost_and_nothing_promised(committed_db: None, url: str) -> None:
    alone = Publisher(redis_url=url)
    key = issue()
    with tenant_scope(tenant_id=key.tenant_id):
        ApiKey.objects.filter(pk=key.pk).update(name="later")
        ConfigChange.objects.create(kind="key", object_id=str(key.pk), tenant_id=key.tenant_id)
    with capture_logs() as logs:
        assert not alone.wait_for_workers()
    assert {line["event"] for line in logs} == {"version_not_published", "propagation_unknown"}
    assert spec_of(key).name == "later"
    assert alone.state().workers is None


def test_an_operator_sees_what_is_compiled(db: None, state: "redis.Redis") -> None:
    acknowledge(state, "a", version())
    seen = publisher().state()
    assert (seen.version, seen.waiting) == (version(), 0)
    assert seen.objects["tenant"] == 1
    assert seen.workers is not None
    assert (seen.workers.alive, seen.workers.behind) == (1, 0)
