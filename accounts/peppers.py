"""The peppers of this installation, from settings: the current one makes digests, all find them."""

from django.conf import settings

from accounts import keys


def current_pepper() -> str:
    return str(settings.KEY_PEPPER)


def digests_of(value: str) -> dict[str, bytes]:
    """The digest under every configured pepper, by pepper id; the current one first."""
    peppers = [pepper for pepper in (settings.KEY_PEPPER, settings.KEY_PEPPER_PREVIOUS) if pepper]
    return {keys.pepper_id(pepper): keys.digest(value=value, pepper=pepper) for pepper in peppers}
