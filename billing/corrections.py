"""What is added when an attempt written down as interrupted turns out to have ended. Pure.

1. The rows of an attempt sum to what its END says: tokens, cost, charge and notional.
2. What the interrupted row posted stays posted, and the difference is posted; a cost that was only
   possible was never posted, so it is taken back by a row that is not posted either.
3. Corrections count money, never requests: the first row stays the one that counts.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from billing.record import CORRECTION, Record
from providers.usage import CLASSES

TAKEN_BACK: Final = f"{CORRECTION}:possible"


def corrections_of(end: Record, *, interrupted: Record) -> Iterator[Record]:
    row = msgspec.structs.replace(end, kind=CORRECTION, final=False)
    zero = dict.fromkeys(CLASSES, 0)
    if interrupted.cost_certainty == "possible" != end.cost_certainty:
        yield msgspec.structs.replace(
            row,
            **zero,
            kind=TAKEN_BACK,
            cost_certainty="possible",
            cost_nano=-(interrupted.cost_nano or 0),
            charge_nano=-interrupted.charge_nano,
            notional_nano=-interrupted.notional_nano,
        )
        interrupted = msgspec.structs.replace(
            interrupted, cost_nano=0, charge_nano=0, notional_nano=0
        )
    yield msgspec.structs.replace(
        row,
        **{name: getattr(end, name) - getattr(interrupted, name) for name in CLASSES},
        cost_nano=_difference(end.cost_nano, interrupted.cost_nano),
        charge_nano=end.charge_nano - interrupted.charge_nano,
        notional_nano=end.notional_nano - interrupted.notional_nano,
    )


def _difference(now: int | None, before: int | None) -> int | None:
    return None if now is None and before is None else (now or 0) - (before or 0)
