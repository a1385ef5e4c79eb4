"""`switchyard ledger`: whether every record is booked as it must be, and what accounts stand at."""

from argparse import Namespace

from gateway.ops.configuration import Configuration
from gateway.ops.control_plane import with_django
from gateway.ops.outcome import Exit
from gateway.ops.output import table, write, write_json


@with_django
def run_verify(arguments: Namespace, _: Configuration) -> int:
    from billing.selectors.ledger import verify  # noqa: PLC0415 - needs the app registry

    faults = verify()
    if arguments.json:
        write_json({"rows": faults.count, "shown": faults.shown})
    else:
        if faults.shown:
            rows = [
                (fault.what, fault.at.isoformat(), fault.ref, fault.leg,
                 _nano(fault.wanted_nano), _nano(fault.found_nano))
                for fault in faults.shown
            ]  # fmt: skip
            write(table(("what", "at", "ref", "leg", "wanted_nano", "found_nano"), rows))
        write(f"{faults.count} {'row' if faults.count == 1 else 'rows'}")
    return Exit.FINDING if faults.count else Exit.OK


@with_django
def run_balances(arguments: Namespace, _: Configuration) -> int:
    from billing.money import usd  # noqa: PLC0415 - as above
    from billing.selectors.ledger import balances  # noqa: PLC0415 - see above

    rows = [(one.kind, one.owner, usd(one.nano)) for one in balances()]
    if arguments.json:
        write_json([{"kind": kind, "owner": owner, "usd": text} for kind, owner, text in rows])
    else:
        write(table(("kind", "owner", "usd"), rows))
    return Exit.OK


def _nano(amount: int | None) -> str:
    return "" if amount is None else str(amount)
