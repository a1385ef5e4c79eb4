"""Commands as the terminal gives them; each test's writes roll back with its transaction."""

import re
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from accounts.models import ApiKey, AuditEntry, AuditHead, User
from accounts.tenancy import platform_scope
from gateway import VERSION
from gateway.cli import build_parser, main
from gateway.ops.command_table import COMMANDS, Command
from gateway.ops.outcome import Exit


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(arguments)
    said = capsys.readouterr()
    return status, said.out, said.err


def run_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    status, out, err = run(capsys, *arguments, "--json")
    assert status == Exit.OK, err
    return msgspec.json.decode(out)


def actions_by_cli() -> list[str]:
    with platform_scope("test"):
        rows = AuditEntry.objects.filter(actor_type="cli").order_by("at", "seq")
        return list(rows.values_list("action", flat=True))


def leaves(commands: tuple[Command, ...]) -> list[Command]:
    return [leaf for command in commands for leaf in leaves(command.children) or [command]]


@pytest.mark.parametrize("command", leaves(COMMANDS), ids=lambda command: command.name)
def test_every_command_has_a_handler_that_exists(command: Command) -> None:
    from importlib import import_module  # noqa: PLC0415 - only here

    module, _, function = command.handler.partition(":")
    assert callable(getattr(import_module(f"gateway.ops.{module}"), function))


def test_a_command_that_does_not_exist_is_bad_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        build_parser().parse_args(["fly"])
    assert ended.value.code == Exit.USAGE
    assert "fly" in capsys.readouterr().err


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "version") == (Exit.OK, f"{VERSION}\n", "")


def test_the_sql_of_the_logins_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "db", "grants")
    assert status == Exit.OK
    assert "CREATE ROLE switchyard_app LOGIN NOSUPERUSER NOBYPASSRLS" in out


def test_effective_settings_are_a_report(capsys: pytest.CaptureFixture[str]) -> None:
    rows = run_json(capsys, "check", "--settings")
    assert {"name": "SECRET_KEY", "value": "***", "source": "environment"} in rows


def test_a_health_probe_without_a_server_is_a_finding(capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = run(capsys, "check", "--live")
    assert status == Exit.FINDING
    assert "/health" in err


@pytest.mark.django_db
def test_a_user_is_created_with_a_one_time_link_and_audited(
    capsys: pytest.CaptureFixture[str],
) -> None:
    made = run_json(
        capsys, "users", "create", "Ada@Example.org", "--tenant", "default", "--role", "admin"
    )
    assert made["email"] == "ada@example.org"
    assert re.search(r"/reset\?key=\S+$", made["url"])
    (listed,) = run_json(capsys, "users", "list")
    assert (listed["tenants"], listed["superadmin"]) == ("default:admin", False)
    assert not User.objects.get(email="ada@example.org").has_usable_password()
    assert actions_by_cli() == ["user.create", "member.create"]


@pytest.mark.django_db
def test_a_reset_can_take_the_second_factor_away_and_is_audited(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run_json(capsys, "users", "create", "ada@example.org")
    reset = run_json(capsys, "users", "reset", "ADA@example.org", "--mfa")
    assert "/reset?key=" in reset["url"]
    with platform_scope("test"):
        entry = AuditEntry.objects.get(action="user.reset_link")
    assert (entry.actor_type, entry.after) == ("cli", {"mfa_removed": True})


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("users", "reset", "nobody@example.org"), "nobody@example.org"),
        (("users", "create", "a@example.org", "--tenant", "absent"), "absent"),
        (("users", "create", "nobody"), "nobody"),
        (("users", "create", "a@example.org", "--tenant", "default", "--role", "king"), "king"),
        (("keys", "list", "--tenant", "absent"), "tenant"),
        (("keys", "revoke", "key_absent000000"), ""),
    ],
)
def test_what_cannot_be_found_is_a_finding_in_one_line(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], word: str
) -> None:
    status, out, err = run(capsys, *arguments)
    assert (status, out) == (Exit.FINDING, "")
    assert word in err
    assert err.count("\n") == 1


@pytest.mark.django_db
def test_a_key_is_created_rotated_listed_and_revoked(capsys: pytest.CaptureFixture[str]) -> None:
    made = run_json(capsys, "keys", "create", "--name", "ci", "--rpm", "100", "--budget", "10")
    with platform_scope("test"):
        key = ApiKey.objects.get(name="ci")
        assert (key.requests_per_minute, key.monthly_budget) == (100, Decimal(10))
    beginning = made["key"][:20]
    rotated = run_json(capsys, "keys", "rotate", beginning)
    assert rotated["id"] == made["id"]
    assert rotated["key"] != made["key"]
    assert run(capsys, "keys", "revoke", made["id"])[0] == Exit.OK
    (listed,) = run_json(capsys, "keys", "list")
    assert (listed["name"], listed["status"]) == ("ci", "revoked")
    assert actions_by_cli() == ["key.create", "key.rotate", "key.revoke"]


@pytest.mark.django_db
def test_the_value_of_a_key_is_shown_only_when_it_is_made(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, made, _ = run(capsys, "keys", "create", "--name", "ci")
    value = made.splitlines()[1]
    assert value.startswith("sy-live-")
    assert value not in run(capsys, "keys", "list")[1]


@pytest.mark.django_db
def test_a_budget_that_is_no_number_is_bad_usage(capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = run(capsys, "keys", "create", "--name", "ci", "--budget", "much")
    assert status == Exit.USAGE
    assert "--budget 'much'" in err


@pytest.mark.django_db
def test_every_audit_chain_is_verified_or_the_one_of_a_tenant(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run_json(capsys, "users", "create", "ada@example.org", "--tenant", "default")

    chains = run_json(capsys, "audit", "verify")
    assert [(chain["ok"], chain["rows"]) for chain in chains] == [(True, 1), (True, 1)]
    (one,) = run_json(capsys, "audit", "verify", "--tenant", "default")
    assert one in chains
    assert run(capsys, "audit", "verify", "--tenant", "absent")[0] == Exit.FINDING

    with platform_scope("test"):
        AuditHead.objects.filter(chain="platform").update(seq=7)
    status, out, _ = run(capsys, "audit", "verify")
    assert status == Exit.FINDING
    assert re.search(r"platform +2 +3\b", out)
    assert actions_by_cli()[-1] == "audit.verify"


@pytest.mark.django_db
def test_the_set_up_link_ends_once_somebody_owns_the_installation(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert "/setup?token=" in run_json(capsys, "setup-link")["url"]
    run_json(capsys, "users", "create", "owner@example.org", "--superadmin")
    status, _, err = run(capsys, "setup-link")
    assert status == Exit.FINDING
    assert "switchyard users reset" in err
