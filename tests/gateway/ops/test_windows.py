"""`switchyard windows rebuild`."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from accounts.tenancy import platform_scope
from billing.services.windows import aggregate
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
    assert main(["windows", "rebuild", "--from", "2026-11-18T12:00:00Z"]) == Exit.OK
    assert capsys.readouterr().out.startswith("tenants: 2, days: ")


@pytest.mark.parametrize(
    "span", [("--from", "yesterday"), ("--from", "2026-11-20", "--to", "2026-11-20")]
)
def test_a_span_that_makes_no_sense_is_refused(span: tuple[str, ...]) -> None:
    assert main(["windows", "rebuild", *span]) == Exit.USAGE


def test_sums_whose_records_are_no_longer_kept_are_not_made_anew(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with platform_scope("test"):
        tenant = TenantFactory()
    first = datetime(2026, 3, 1, 12, 1, tzinfo=UTC)
    book(tenant, {"at": first})
    aggregate()
    kept = sums_of("usage_days")

    assert main(["windows", "rebuild", "--from", "2026-03-01T11:59:00Z"]) == Exit.USAGE
    assert "records are kept since 2026-03-01T12:00:00+00:00" in capsys.readouterr().err
    assert sums_of("usage_days") == kept
    assert main(["windows", "rebuild", "--from", "2026-03-01T12:00:00Z"]) == Exit.OK
    assert sums_of("usage_days") == kept
