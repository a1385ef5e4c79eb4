"""What a key lets be lost on the way into another dialect (protocols.md PR-39).

lossless      nothing
warn          nothing that the user wrote
best-effort   whatever must be
"""

import re
from collections.abc import Sequence
from typing import Final

from accounts.specs import Fidelity
from protocols.codec import Loss
from protocols.errors import Problem

# Names of fields are the client's: they may be anything.
PLAIN: Final = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
OTHER: Final = "other"
NAMED: Final = 16


def refused(losses: Sequence[Loss], fidelity: Fidelity) -> list[Loss]:
    if not losses or fidelity == "best-effort":
        return []
    return [loss for loss in losses if loss.content or fidelity == "lossless"]


def conversion_loss(losses: Sequence[Loss], *, who: str, fidelity: Fidelity) -> Problem:
    """Each by code, path and reason, as many as a message holds."""
    said = "; ".join(f"{loss.code} at {loss.path}: {loss.why}" for loss in losses[:NAMED])
    more = len(losses) - NAMED
    rest = f"; and {more} more" if more > 0 else ""
    return Problem(
        kind="conversion_loss",
        message=(
            f"{who} cannot be asked all of this, and this key (fidelity {fidelity}) leaves nothing"
            f" of it out: {said}{rest}."
        ),
        param=losses[0].path,
    )


def codes(losses: Sequence[Loss]) -> list[str]:
    """Each once, fit for a header and a record."""
    found = (loss.code if PLAIN.fullmatch(loss.code) else OTHER for loss in losses)
    return list(dict.fromkeys(found))
