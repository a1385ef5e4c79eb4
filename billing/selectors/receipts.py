"""What was booked for one exchange, for those who may see it."""

from typing import Any, Final
from uuid import UUID

import msgspec

from accounts.access import Access
from accounts.errors import Refused
from accounts.tenancy import platform_scope
from billing.models import CostRecord, LedgerAccount, LedgerTransfer
from billing.receipt import Books, receipt_of
from billing.record import USAGE
from billing.request_facts import parse_request_id, shown_id
from billing.request_filters import READ_ALL, READ_OWN, READ_TEAM, Sight
from billing.selectors.requests import records_of
from providers.models import Price
from providers.specs import PriceSpec

WIDE: Final = (READ_ALL, "cost.read_all")
OF_TEAMS: Final = (READ_TEAM, "cost.read_team")
OWN: Final = (READ_OWN, "cost.read_own")
NEEDS: Final = (*WIDE, *OF_TEAMS, *OWN)
SEES_COST: Final = ("platform.prices", "platform.credit", "platform.system")


def receipt(*, access: Access, request_id: str) -> dict[str, Any]:
    """Raises Refused where there is none, or none to be seen."""
    parsed = parse_request_id(request_id)
    records = records_of(parsed, sight=_sight(access)) if parsed else []
    if parsed is None or not records:
        raise Refused("not_found")
    tenant = access.the_tenant()
    records.sort(key=lambda record: (record.attempt, record.kind != USAGE))
    return receipt_of(
        _books(records, is_platform=access.holds(*SEES_COST)),
        request_id=shown_id(str(parsed)),
        tenant=tenant.slug,
    )


def _sight(access: Access) -> Sight:
    if access.holds(*WIDE):
        return Sight(is_wide=True)
    teams = access.led_teams if access.holds(*OF_TEAMS) else frozenset()
    return Sight(
        is_wide=False,
        team_ids=frozenset(map(str, teams)),
        user_id=None if access.user_id is None else str(access.user_id),
    )


def _books(records: list[CostRecord], *, is_platform: bool) -> Books:
    prices = {row.price_id for row in records} | {row.charge_price_id for row in records}
    # What came late is booked when it was recorded.
    moments = {at for row in records for at in (row.started_at, row.recorded_at)}
    # What an operator pays is the platform's row; whether it is told, the receipt decides.
    with platform_scope("a receipt shows by which price it was made"):
        transfers = list(
            LedgerTransfer.objects.filter(at__in=moments, ref__in=[str(row) for row in records])
        )
        sides = {side for row in transfers for side in (row.debit_id, row.credit_id)}
        return Books(
            records=records,
            prices=_prices(prices - {None}),
            transfers=transfers,
            accounts=dict(LedgerAccount.objects.filter(pk__in=sides).values_list("pk", "kind")),
            is_platform=is_platform,
        )


def _prices(ids: Any) -> dict[UUID, PriceSpec]:
    rows = Price.objects.filter(pk__in=ids).values_list("pk", "spec")
    return {pk: msgspec.convert(spec, PriceSpec) for pk, spec in rows}
