"""`switchyard migrate`: one at a time, as the owner's login; makes the two logins when it may."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import psycopg

from gateway.ops.configuration import Configuration
from gateway.ops.logins import GRANTS_BY_HAND, existing_logins, make_logins, rights_of
from gateway.ops.outcome import CommandFailed, Exit
from gateway.ops.price_rows import load_prices
from gateway.ops.seed import seed

# Any constant will do; it only has to be the same in every release.
ADVISORY_LOCK: Final = 7_243_001
QUEUE_TIMEOUT: Final = "120s"
LOCK_TIMEOUT: Final = "5s"


def require_owner_login(configuration: Configuration) -> dict[str, str]:
    """New values for the environment when the one URL given may create roles; else empty."""
    values = configuration.values
    if not values["DATABASE_URL"]:
        raise CommandFailed(
            "DATABASE_URL is not set; set it and DATABASE_OWNER_URL, "
            "or run switchyard up for an embedded server",
            status=Exit.USAGE,
        )
    if values["DATABASE_OWNER_URL"] or values["ALLOW_SUPERUSER_DB"]:
        return {}
    try:
        rights = rights_of(values["DATABASE_URL"])
        if not rights.creates_roles:
            raise CommandFailed(
                f"DATABASE_OWNER_URL is not set and {rights.name} may not create roles; "
                f"the SQL for an administrator (switchyard db grants):\n{GRANTS_BY_HAND}",
                status=Exit.USAGE,
            )
        if existing := existing_logins(values["DATABASE_URL"]):
            raise CommandFailed(
                f"The login {' and '.join(existing)} exists already; "
                "set DATABASE_URL to the runtime login and DATABASE_OWNER_URL to the owner's",
                status=Exit.USAGE,
            )
        urls = make_logins(values["DATABASE_URL"])
    except psycopg.OperationalError as error:
        raise CommandFailed(f"DATABASE_URL: {error}", status=Exit.UNAVAILABLE) from None
    return {"DATABASE_URL": urls.app, "DATABASE_OWNER_URL": urls.owner}


def what_to_set(urls: Mapping[str, str]) -> str:
    lines = "\n".join(f"{name}={value}" for name, value in urls.items())
    return f"Two logins were made. Set these, then start again:\n{lines}\n"


def migrate(*, plan: bool = False) -> None:
    """Needs Django set up. Afterwards the data plane finds every row as this release reads it."""
    from django.core.management import call_command  # noqa: PLC0415 - before Django's settings exist, no import

    from gateway.publish import publisher  # noqa: PLC0415 - see above

    alias = migrating_alias()
    if plan:
        call_command("migrate", database=alias, plan=True)
        return
    with _alone(alias):
        call_command("migrate", database=alias, interactive=False, verbosity=1)
        seed()
        load_prices()
        publisher().compile_after_upgrade()


def migrating_alias() -> str:
    from django.conf import settings  # noqa: PLC0415 - see above

    return "owner" if "owner" in settings.DATABASES else "default"


@contextmanager
def _alone(alias: str) -> Iterator[None]:
    from django.db import connections  # noqa: PLC0415 - see above

    connection = connections[alias]
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{QUEUE_TIMEOUT}'")
        cursor.execute("SELECT pg_advisory_lock(%s)", [ADVISORY_LOCK])
        # A migration that waits for a busy table would queue every reader of it behind itself.
        cursor.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
    try:
        yield
    finally:
        connection.close()
