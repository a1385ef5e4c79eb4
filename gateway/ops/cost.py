"""`switchyard cost rerate`: what is recorded, by the prices of now."""

from argparse import Namespace
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from gateway.ops.configuration import Configuration
from gateway.ops.control_plane import with_django
from gateway.ops.outcome import CommandFailed, Exit
from gateway.ops.output import write, write_json
from gateway.ops.windows import moment_of

ONE_DAY: Final = timedelta(days=1)
SHORTEST: Final = timedelta(seconds=1)


@with_django
def run_rerate(arguments: Namespace, _: Configuration) -> int:
    from billing.money import usd  # noqa: PLC0415 - needs the app registry

    start, end = moment_of(arguments.start), moment_of(arguments.end)
    if start >= end:
        raise CommandFailed("--from is not before --to", status=Exit.USAGE)
    sums = dict.fromkeys(("records", "changed", "unpriced_left", "cost", "charge"), 0)
    for found in _rated(start, end, arguments):
        sums["records"] += found.records
        sums["changed"] += len(found.changes)
        sums["unpriced_left"] += found.unpriced_left
        sums["cost"] += found.cost_after - found.cost_before
        sums["charge"] += found.delta_charge
    done: dict[str, Any] = {
        **sums,
        "cost": usd(sums["cost"]),
        "charge": usd(sums["charge"]),
    }
    if arguments.json:
        write_json({**done, "dry_run": arguments.dry_run})
    else:
        write(", ".join(f"{name}: {value}" for name, value in done.items()))
        if arguments.dry_run:
            write("nothing was written")
    return Exit.OK


def _rated(start: datetime, end: datetime, arguments: Namespace) -> Iterator[Any]:
    """Day by day, and by parts of a day with too many attempts; each is a job of its own."""
    from accounts.errors import Refused  # noqa: PLC0415 - needs the app registry

    while start < end:
        till = min(start + ONE_DAY, end)
        while True:
            try:
                yield _one(start, till, arguments)
                break
            except Refused as refused:
                if refused.code != "range_too_wide" or till - start <= SHORTEST:
                    raise
                till = start + (till - start) / 2
        start = till


def _one(start: datetime, end: datetime, arguments: Namespace) -> Any:
    from accounts.actors import CLI  # noqa: PLC0415 - needs the app registry
    from accounts.tenancy import platform_scope  # noqa: PLC0415 - see above
    from billing.selectors.rerating import Asked, rerating  # noqa: PLC0415 - see above
    from billing.services.rerating import rerate  # noqa: PLC0415 - see above
    from billing.windows import Span  # noqa: PLC0415 - see above

    asked = Asked(span=Span(start, end), tenant=arguments.tenant or "")
    with platform_scope("rate records again on the server's terminal"):
        return rerating(asked) if arguments.dry_run else rerate(actor=CLI, asked=asked).found
