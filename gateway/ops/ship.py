"""The shipper's process below `switchyard shipper` and `switchyard up`; Django is not set up."""

import signal
import sys
from collections.abc import Callable
from types import FrameType

from gateway import logs
from gateway.ops.configuration import Configuration, load_configuration
from gateway.ops.outcome import CommandFailed, Exit
from gateway.spool.paths import AUDIT_MARK, node_dir, node_of, spool_dir
from gateway.spool.shipper import Shipper
from gateway.telemetry.audit_log import AuditLog, NotWritable
from gateway.telemetry.live_rows import LiveRows
from gateway.telemetry.shipping import ShipperMeter


def ship(configuration: Configuration) -> None:
    """Until SIGTERM or SIGINT, and then what is still there."""
    values = configuration.values
    logs.configure(level=values["LOG_LEVEL"], format=values["LOG_FORMAT"], role="shipper")
    node = node_of(values)
    folder = node_dir(spool_dir(values), node)
    try:
        audit_log = AuditLog.from_values(values, mark=folder / AUDIT_MARK)
    except NotWritable as error:
        raise CommandFailed(str(error), status=Exit.USAGE) from None
    live_rows = LiveRows.of_url(values["REDIS_URL"])
    followers = (live_rows,) if audit_log is None else (audit_log, live_rows)
    shipper = Shipper(
        folder=folder,
        node=node,
        url=values["DATABASE_URL"],
        followers=followers,
        meter=ShipperMeter(),
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stops(shipper.stop))
    shipper.run()
    live_rows.close()
    if audit_log is not None:
        audit_log.close()


def _stops(stop: Callable[[], None]) -> Callable[[int, FrameType | None], None]:
    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop()

    return on_signal


def main() -> int:
    try:
        ship(load_configuration())
    except CommandFailed as failed:
        sys.stderr.write(f"{failed.message}\n")
        return failed.status
    return Exit.OK


if __name__ == "__main__":
    raise SystemExit(main())
