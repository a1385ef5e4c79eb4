"""`switchyard windows rebuild`."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from accounts.tenancy import platform_scope
from gateway.cli import main
from gateway.ops.outcome import Exit
from tests.billing.books import book, content, sums_of
from tests.factories.accounts import TenantFactory

pytestmark = pytest.mark.django_db


def test_a_rebuild_makes_the_sums_that_the_records_have(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with platform_scope("test"):
        tenant = TenantFactory(reporting_tz="Asia/Kolkata")
    book(tenant, *({"at": datetime(2026, 11, day, 12, tzinfo=UTC)} for day in (18, 19, 20)))

    span = ("--from", "2026-11-19", "--to", "2026-11-19T12:04:00Z")
    assert main(["windows", "rebuild", *span, "--json"]) == Exit.OK

    told: dict[str, Any] = msgspec.json.decode(capsys.readouterr().out)
    assert told == {"tenants": 2, "days": 2, "windows": 2 * 145}
    assert sums_of("usage_windows")["requests"] == 1
    assert len(content("dirty_windows")) == 2
    assert main(["windows", "rebuild", "--from", "2026-11-01"]) == Exit.OK
    assert capsys.readouterr().out.startswith("tenants: 2, days: ")


@pytest.mark.parametrize(
    "span", [("--from", "yesterday"), ("--from", "2026-11-20", "--to", "2026-11-20")]
)
def test_a_span_that_makes_no_sense_is_refused(span: tuple[str, ...]) -> None:
    assert main(["windows", "rebuild", *span]) == Exit.USAGE
