"""`switchyard audit`: whether the record of operations is whole."""

from argparse import Namespace

from gateway.ops.configuration import Configuration
from gateway.ops.control_plane import with_django
from gateway.ops.outcome import Exit
from gateway.ops.output import table, write, write_json


@with_django
def run_verify(arguments: Namespace, _: Configuration) -> int:
    from accounts.actors import CLI  # noqa: PLC0415 - needs the app registry
    from accounts.services.upkeep import verify_audit_chains  # noqa: PLC0415 - see above

    reports = verify_audit_chains(actor=CLI, tenant_slug=arguments.tenant)
    if arguments.json:
        write_json(
            [
                {
                    "chain": report.chain,
                    "ok": report.ok,
                    "rows": report.rows,
                    "first_bad_seq": report.first_bad_seq,
                }
                for report in reports
            ]
        )
    else:
        rows = [
            (report.chain, str(report.rows), str(report.first_bad_seq or "")) for report in reports
        ]
        write(table(("chain", "rows", "first_bad_seq"), rows))
    return Exit.OK if all(report.ok for report in reports) else Exit.FINDING
