"""The proof that the configured pepper is the one the stored digests were made with."""

import hmac
from typing import Final

from accounts import keys
from accounts.models import PepperProbe
from accounts.peppers import current_pepper, digests_of

PROBE_VALUE: Final = "switchyard pepper probe"
LEAST_BYTES: Final = 32


class BadPepper(RuntimeError):
    """The pepper is missing, too short or not the one the stored digests were made with."""


def check_pepper() -> None:
    """Raises BadPepper unless the pepper fits the probe row; the first start writes that row."""
    pepper = current_pepper()
    if len(pepper.encode()) < LEAST_BYTES:
        raise BadPepper(f"SWITCHYARD_KEY_PEPPER is missing or shorter than {LEAST_BYTES} bytes")
    known = dict(PepperProbe.objects.values_list("pepper_id", "digest"))
    offered = digests_of(PROBE_VALUE)
    current_id = keys.pepper_id(pepper)
    if known and known.keys().isdisjoint(offered):
        raise BadPepper(
            "SWITCHYARD_KEY_PEPPER is not the pepper of this database's keys; restore it, or"
            " set the old one as SWITCHYARD_KEY_PEPPER_PREVIOUS"
        )
    for pepper_id, digest in offered.items():
        stored = known.get(pepper_id)
        if stored is not None and not hmac.compare_digest(bytes(stored), digest):
            raise BadPepper("the stored probe of SWITCHYARD_KEY_PEPPER was altered")
    if current_id not in known:
        PepperProbe.objects.bulk_create(
            [PepperProbe(pepper_id=current_id, digest=offered[current_id])], ignore_conflicts=True
        )
