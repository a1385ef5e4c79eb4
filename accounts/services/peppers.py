"""The pepper of key digests: which ones there are, and the proof that they are the right ones."""

import hmac
from typing import Final

from django.conf import settings

from accounts import keys
from accounts.models import PepperProbe

PROBE_VALUE: Final = "switchyard pepper probe"
LEAST_BYTES: Final = 32


class BadPepper(RuntimeError):
    """The pepper is missing, too short or not the one the stored digests were made with."""


def current_pepper() -> str:
    return str(settings.KEY_PEPPER)


def digests_of(value: str) -> dict[str, bytes]:
    """The digest under every configured pepper, by pepper id; the current one first."""
    peppers = [pepper for pepper in (settings.KEY_PEPPER, settings.KEY_PEPPER_PREVIOUS) if pepper]
    return {keys.pepper_id(pepper): keys.digest(value=value, pepper=pepper) for pepper in peppers}


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
            "SWITCHYARD_KEY_PEPPER is not the pepper of this database's keys; restore it, or set the"
            " old one as SWITCHYARD_KEY_PEPPER_PREVIOUS"
        )
    for pepper_id, digest in offered.items():
        stored = known.get(pepper_id)
        if stored is not None and not hmac.compare_digest(bytes(stored), digest):
            raise BadPepper("the stored probe of SWITCHYARD_KEY_PEPPER was altered")
    if current_id not in known:
        PepperProbe.objects.bulk_create(
            [PepperProbe(pepper_id=current_id, digest=offered[current_id])], ignore_conflicts=True
        )
