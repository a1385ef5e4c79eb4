"""`switchyard cost rerate`."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
import pytest

from accounts.tenancy import platform_scope
from billing.models import CostRecord
from billing.selectors import rerating
from gateway.cli import main
from gateway.ops.outcome import Exit
from tests.accounts.world import Town, make_town
from tests.factories.records import book, record_of

pytestmark = pytest.mark.django_db

AT: Final = datetime.now(tz=UTC).replace(hour=0, minute=0, second=1)
SPAN: Final = ("--from", AT.isoformat(), "--to", (AT + timedelta(days=1)).isoformat())


@pytest.fixture
def few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rerating, "MOST", 1)


def town_with(hours: Sequence[int]) -> Town:
    """Each hour an attempt that cost a nano and costs 1 USD per million tokens."""
    town = make_town()
    book(
        *(
            record_of(
                tenant_id=town.tenant.id,
                provider_id=str(town.provider.id),
                upstream_name="gpt-4",
                started_at=AT + timedelta(hours=hour),
                in_fresh=1_000,
                cost_nano=1,
            )
            for hour in hours
        )
    )
    return town


def added() -> int:
    with platform_scope("test"):
        return CostRecord.objects.filter(kind__startswith="rerate:").count()


@pytest.mark.usefixtures("few_at_once")
def test_it_goes_day_by_day_and_by_less_where_there_is_much(
    capsys: pytest.CaptureFixture[str],
) -> None:
    span = (*SPAN, "--tenant", town_with([0, 5, 10]).tenant.slug)

    assert main(["cost", "rerate", *span, "--dry-run"]) == Exit.OK
    assert "nothing was written" in capsys.readouterr().out
    assert added() == 0
    assert main(["cost", "rerate", *span, "--json"]) == Exit.OK

    told = msgspec.json.decode(capsys.readouterr().out)
    assert (told["records"], told["changed"], told["cost"]) == (3, 3, "0.002999997")
    assert added() == 3
    assert main(["cost", "rerate", *span]) == Exit.OK
    assert capsys.readouterr().out.startswith("records: 3, changed: 0, ")


@pytest.mark.usefixtures("few_at_once")
def test_what_no_part_of_a_day_is_small_enough_for_is_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    town_with([0, 0])

    assert main(["cost", "rerate", *SPAN]) == Exit.FINDING
    assert "attempts to rate" in capsys.readouterr().err
    assert added() == 0


def test_a_span_that_makes_no_sense_is_refused() -> None:
    assert main(["cost", "rerate", "--from", "2026-11-20", "--to", "2026-11-20"]) == Exit.USAGE
