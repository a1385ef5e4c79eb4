"""`switchyard windows`: the sums of the books."""

from argparse import Namespace
from datetime import UTC, datetime

from gateway.ops.configuration import Configuration
from gateway.ops.control_plane import with_django
from gateway.ops.outcome import CommandFailed, Exit
from gateway.ops.output import write, write_json


@with_django
def run_rebuild(arguments: Namespace, _: Configuration) -> int:
    from billing.services.windows import kept_since, rebuild  # noqa: PLC0415 - needs the app registry
    from billing.windows import Span, floor  # noqa: PLC0415 - see above

    end = moment_of(arguments.end) if arguments.end else datetime.now(UTC)
    span = Span(moment_of(arguments.start), end)
    if span.start >= span.end:
        raise CommandFailed("--from is not before --to", status=Exit.USAGE)
    kept = kept_since()
    if kept is not None and floor(span.start) < floor(kept):
        raise CommandFailed(
            f"records are kept since {floor(kept).isoformat()}, sums for longer: what is older"
            " cannot be made anew; give a later --from",
            status=Exit.USAGE,
        )
    tenants, days, windows = set(), 0, 0
    for slice_ in rebuild(span=span):
        tenants.add(slice_.tenant_id)
        days += 1
        windows += slice_.windows
    done = {"tenants": len(tenants), "days": days, "windows": windows}
    if arguments.json:
        write_json(done)
    else:
        write(", ".join(f"{name}: {count}" for name, count in done.items()))
    return Exit.OK


def moment_of(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise CommandFailed(
            f"{text!r} is neither a date nor a date and time of ISO 8601", status=Exit.USAGE
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
