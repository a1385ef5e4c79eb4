"""The audit chain: one row per change, in its transaction, and no way to alter it unseen."""

import os
from typing import Any

import psycopg
import pytest
from django.db import connections
from structlog.testing import capture_logs

from accounts import audit
from accounts.actors import CLI, Actor
from accounts.models import ApiKey, AuditEntry, AuditHead, Team, Tenant
from accounts.signals import configuration_changed
from accounts.tasks import verify_audit_chains
from accounts.tenancy import platform_scope, tenant_scope
from tests import services
from tests.accounts.world import Town, fill_chain, make_town

TARGET = audit.Target(type="key", id="key_x", label="x")


def rows_of(town: Town) -> list[AuditEntry]:
    with tenant_scope(tenant_id=town.tenant.id):
        return list(AuditEntry.objects.order_by("seq"))


# --- one row per change ---------------------------------------------------------------------------


def test_every_mutating_call_writes_exactly_one_row_and_one_signal(town: Town) -> None:
    heard: list[dict[str, Any]] = []

    def listen(**change: Any) -> None:
        heard.append(change)

    configuration_changed.connect(listen)
    api, key = town.api("owner"), f"keys/key_{town.key.public_id}"
    member, team = f"members/{town.members['admin'].id}", f"teams/{town.team.id}"
    calls: list[tuple[str, str, Any, str]] = [
        ("POST", "keys", {"name": "k"}, "key.create"),
        ("PATCH", key, {"name": "renamed"}, "key.update"),
        ("POST", f"{key}/rotate", {}, "key.rotate"),
        ("POST", f"{key}/aws-pair", {}, "key.aws_pair"),
        ("POST", f"{key}/clone", {}, "key.create"),
        ("DELETE", key, None, "key.disable"),
        ("POST", f"{key}/enable", None, "key.enable"),
        ("POST", "keys/bulk", {"action": "tag", "ids": [key[5:]], "tags": ["t"]}, "key.bulk_tag"),
        ("POST", f"{key}/revoke", None, "key.revoke"),
        ("PATCH", member, {"role": "developer"}, "member.update"),
        ("DELETE", member, None, "member.remove"),
        ("POST", "teams", {"name": "T"}, "team.create"),
        ("PATCH", team, {"name": "T2"}, "team.update"),
        ("POST", f"{team}/members", {"user": str(town.people["owner"].id)}, "team_member.create"),
        ("DELETE", f"{team}/members/{town.people['owner'].id}", None, "team_member.delete"),
        ("DELETE", team, None, "team.delete"),
        ("POST", "invites", {"email": "a@example.test", "role": "admin"}, "invite.create"),
        ("POST", f"invites/{town.invite.id}/resend", None, "invite.resend"),
        ("POST", f"invites/{town.invite.id}/revoke", None, "invite.revoke"),
        ("PATCH", "tenant", {"name": "N"}, "tenant.update"),
    ]
    try:
        for method, path, body, action in calls:
            before, heard[:] = len(rows_of(town)), []
            answer = api.call(method, path, body)
            assert answer.status_code < 300, (path, answer.content)
            written = rows_of(town)[before:]
            assert [row.action for row in written] == [action], path
            # What a deleted team had, its keys, is announced beside it.
            told = [change for change in heard if change["kind"] == action.partition(".")[0]]
            assert len(told) == 1, path
            assert {"kind", "id", "tenant"} <= told[0].keys()
            assert {change["tenant"] for change in heard} == {town.tenant.id}
            assert written[0].actor_label == town.people["owner"].email
            assert written[0].ip == "198.51.100.9"
    finally:
        configuration_changed.disconnect(listen)


def test_a_row_tells_what_changed_and_hides_secrets(town: Town) -> None:
    api = town.api("owner")
    invite = api.post("invites", {"email": "a@example.test", "role": "admin"}).json()
    api.post(f"invites/{invite['id']}/resend")
    api.patch(f"keys/key_{town.key.public_id}", {"tags": ["a"], "monthly_budget": "1.5"})

    changed, resent, made = reversed(rows_of(town)[-3:])

    assert changed.before == {"tags": [], "monthly_budget": None}
    assert changed.after == {"tags": ["a"], "monthly_budget": "1.500000000"}
    assert resent.after["token_sha256"] == {"changed": True}
    assert made.after["token_sha256"] == {"changed": True}
    assert made.after["email"] == "a@example.test"


def test_a_failing_audit_row_takes_the_change_back(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-75."""

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("no audit")

    monkeypatch.setattr(AuditEntry, "save", fail)
    api = town.api("owner")
    api.client.raise_request_exception = False

    answers = [
        api.post("teams", {"name": "ghost"}),
        api.delete(f"keys/key_{town.key.public_id}"),
        api.delete(f"members/{town.members['developer'].id}"),
    ]

    assert [answer.status_code for answer in answers] == [500, 500, 500]
    with tenant_scope(tenant_id=town.tenant.id):
        assert not Team.objects.filter(name="ghost").exists()
        assert ApiKey.objects.get(pk=town.key.pk).status == "active"
        assert (
            town.members["developer"]
            .__class__.objects.filter(pk=town.members["developer"].pk)
            .exists()
        )


# --- the chain ------------------------------------------------------------------------------------


def report(tenant: Tenant) -> audit.ChainReport:
    with tenant_scope(tenant_id=tenant.id):
        return audit.verify_chain(chain=str(tenant.id))


def test_an_untouched_chain_verifies(town: Town) -> None:
    assert report(town.tenant) == audit.ChainReport(
        chain=str(town.tenant.id), rows=0, first_bad_seq=None
    )
    fill_chain(town.tenant, 5)

    assert report(town.tenant).ok
    assert [row.seq for row in rows_of(town)] == [1, 2, 3, 4, 5]
    assert town.api("owner").get("audit/verify").json() == {
        "chain": str(town.tenant.id),
        "ok": True,
        "rows": 5,
        "first_bad_seq": None,
    }


@pytest.mark.parametrize(
    "address", ["::1.2.3.4", "::ffff:1.2.3.4", "2001:DB8::0:1", "64:ff9b::102:304"]
)
def test_an_address_hashes_the_same_however_it_is_written(town: Town, address: str) -> None:
    with tenant_scope(tenant_id=town.tenant.id):
        audit.record(
            actor=Actor(type="cli", ip=address),
            action="key.update",
            target=TARGET,
            tenant_id=town.tenant.id,
        )

    assert report(town.tenant).ok


@pytest.mark.parametrize(
    ("change", "bad"),
    [
        ("UPDATE audit_logs SET actor_label = 'x' WHERE seq = 3", 3),
        ("UPDATE audit_logs SET before = '{\"a\": 1}' WHERE seq = 1", 1),
        ("UPDATE audit_logs SET prev_hash = hash WHERE seq = 4", 4),
        ("DELETE FROM audit_logs WHERE seq = 2", 2),
        ("DELETE FROM audit_logs WHERE seq = 5", 5),
        ("UPDATE audit_heads SET seq = 6", 6),
        ("DELETE FROM audit_heads", 6),
    ],
)
def test_a_row_that_was_altered_or_taken_away_is_named(
    committed_db: None, change: str, bad: int
) -> None:
    town = make_town()
    fill_chain(town.tenant, 5)
    with connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE audit_logs DISABLE TRIGGER USER")
        cursor.execute("SELECT set_config('app.platform', 'on', false)")
        cursor.execute(change)
        assert cursor.rowcount == 1

    assert report(town.tenant).first_bad_seq == bad


@pytest.mark.parametrize("login", ["default", "owner", "superuser"])
def test_no_login_changes_or_deletes_a_row(committed_db: None, login: str) -> None:
    fill_chain(make_town().tenant, 1)
    changes = (
        "UPDATE audit_logs SET reason = 'x'",
        "DELETE FROM audit_logs",
        "TRUNCATE audit_logs",
    )
    with raw_login(login) as session:
        session.execute("SELECT set_config('app.platform', 'on', false)")
        for change in changes:
            with pytest.raises(psycopg.errors.InsufficientPrivilege), session.transaction():
                session.execute(change)


def raw_login(login: str) -> psycopg.Connection[Any]:
    urls = {
        "default": os.environ["DATABASE_URL"],
        "owner": os.environ["DATABASE_OWNER_URL"],
        "superuser": services.superuser_url(),
    }
    url = urls[login]
    if url is None:
        pytest.skip("the server was given by the environment, its superuser was not")
    return psycopg.connect(url)


def test_two_chains_do_not_know_each_other(town: Town) -> None:
    other = make_town()
    fill_chain(town.tenant, 2)
    fill_chain(other.tenant, 1)
    with platform_scope("test"):
        audit.record(actor=CLI, action="user.create", target=TARGET, tenant_id=None)
        heads = dict(AuditHead.objects.values_list("chain", "seq"))

    assert heads == {str(town.tenant.id): 2, str(other.tenant.id): 1, "platform": 1}


def test_the_nightly_walk_reports_a_broken_chain(committed_db: None) -> None:
    town = make_town()
    fill_chain(town.tenant, 3)
    with capture_logs() as quiet:
        verify_audit_chains()
    with connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE audit_logs DISABLE TRIGGER USER")
        cursor.execute("SELECT set_config('app.platform', 'on', false)")
        cursor.execute("UPDATE audit_logs SET reason = 'x' WHERE seq = 2")
    with capture_logs() as loud:
        verify_audit_chains()

    chain = str(town.tenant.id)
    assert [line for line in quiet if line["log_level"] == "error"] == []
    (head,) = [line for line in quiet if line["event"] == "audit_head"]
    assert (head["chain"], head["seq"], len(head["signature"])) == (chain, 3, 64)
    (error,) = [line for line in loud if line["log_level"] == "error"]
    assert (error["chain"], error["first_bad_seq"]) == (chain, 2)
