"""Before a process serves: the key-encryption key and the pepper are the ones this database needs.

Needs Django set up and migrations applied.
"""

from gateway.ops.outcome import CommandFailed, Exit


def require_keys() -> None:
    """Raises CommandFailed naming what is missing or wrong; the first start sets the probes."""
    from django.conf import settings  # noqa: PLC0415 - before Django's settings exist, no import

    from accounts.services.peppers import BadPepper, check_pepper  # noqa: PLC0415 - see above
    from providers.services.vault import key_problem  # noqa: PLC0415 - see above

    problem = key_problem(setting=settings.KEY_ENCRYPTION_KEY)
    if problem is not None:
        raise CommandFailed(problem, status=Exit.USAGE)
    try:
        check_pepper()
    except BadPepper as bad:
        raise CommandFailed(str(bad), status=Exit.USAGE) from None
