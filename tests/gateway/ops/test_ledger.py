"""`switchyard ledger`."""

import msgspec
import pytest

from accounts.tenancy import platform_scope
from gateway.cli import main
from gateway.ops.outcome import Exit
from tests.factories.accounts import TenantFactory
from tests.factories.billing import CostRecordFactory
from tests.factories.records import book, record_of

pytestmark = pytest.mark.django_db


def test_books_that_hold_show_no_row(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ledger", "verify"]) == Exit.OK
    assert capsys.readouterr().out == "0 rows\n"


def test_rows_that_are_booked_wrong_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with platform_scope("test"):
        record = CostRecordFactory(tenant=TenantFactory(), charge_nano=7)

    assert main(["ledger", "verify"]) == Exit.FINDING
    out = capsys.readouterr().out
    assert str(record) in out
    assert out.startswith("what ")
    assert out.endswith("\n1 row\n")

    assert main(["ledger", "verify", "--json"]) == Exit.FINDING
    told = msgspec.json.decode(capsys.readouterr().out)
    assert told["rows"] == 1
    assert told["shown"][0]["what"] == "transfer_missing"
    assert told["shown"][0]["wanted_nano"] == 7


def test_balances_are_shown_by_account(capsys: pytest.CaptureFixture[str]) -> None:
    with platform_scope("test"):
        tenant = TenantFactory(slug="blue")
    book(record_of(tenant_id=tenant.id, charge_nano=2_500_000_000))

    assert main(["ledger", "balances", "--json"]) == Exit.OK
    assert msgspec.json.decode(capsys.readouterr().out) == [
        {"kind": "tenant_receivable", "owner": "blue", "usd": "2.500000000"},
        {"kind": "tenant_usage", "owner": "blue", "usd": "-2.500000000"},
    ]

    assert main(["ledger", "balances"]) == Exit.OK
    assert "tenant_usage" in capsys.readouterr().out
