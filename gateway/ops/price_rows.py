"""`switchyard prices load` and `lookup`: the price book, from the server's own terminal."""

from argparse import Namespace
from datetime import UTC, datetime

from gateway.ops.configuration import Configuration
from gateway.ops.control_plane import with_django
from gateway.ops.outcome import CommandFailed, Exit
from gateway.ops.output import write


def load_prices() -> str:
    """Needs Django set up and migrations applied; harmless to repeat."""
    from providers.price_file import read_price_file  # noqa: PLC0415 - only the command needs it
    from providers.services.price_catalog import load_catalog  # noqa: PLC0415 - needs the app registry

    file = read_price_file()
    done = load_catalog(file.prices)
    return (
        f"Prices of {file.version}: {done.opened} new, {done.closed} closed, "
        f"{done.unchanged} as they were"
    )


@with_django
def run_load(_: Namespace, __: Configuration) -> int:
    write(load_prices())
    return Exit.OK


@with_django
def run_lookup(arguments: Namespace, _: Configuration) -> int:
    from accounts.access import superadmin_access  # noqa: PLC0415 - needs the app registry
    from accounts.tenancy import platform_scope  # noqa: PLC0415 - see above
    from providers.models import Provider  # noqa: PLC0415 - see above
    from providers.selectors.catalog import look_up  # noqa: PLC0415 - see above

    at = _moment(arguments.at)
    with platform_scope("look up a price on the server's terminal"):
        row = Provider.objects.filter(slug=arguments.provider, archived_at=None).first()
        if row is None:
            raise CommandFailed(
                f"There is no provider {arguments.provider!r}; see switchyard providers list",
                status=Exit.USAGE,
            )
        found = look_up(
            access=superadmin_access(tenant=row.tenant),
            provider_id=row.pk,
            model=arguments.model,
            at=at,
        )
    if found.row is None:
        write(f"Nobody knows what {arguments.model} costs at {arguments.provider}")
        return Exit.FINDING
    spec = found.row.spec
    rates = ", ".join(f"{name} {amount}" for name, amount in spec["rates"].items())
    write(
        f"{spec['scope']} {spec.get('vendor') or spec.get('provider') or '-'} "
        f"{spec['model']} ({found.matched_by})\n"
        f"USD per million: {rates}\n"
        f"row {found.row.pk}, version {found.row.version}, from {found.row.valid_from:%Y-%m-%d}"
    )
    return Exit.OK


def _moment(text: str | None) -> datetime:
    if not text:
        return datetime.now(UTC)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise CommandFailed(
            f"--at {text!r} is no moment; write 2026-11-20 or 2026-11-20T10:00:00Z",
            status=Exit.USAGE,
        ) from None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
