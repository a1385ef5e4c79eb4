"""What each worker serves by."""

from typing import Final

from prometheus_client import Gauge

from gateway.snapshot.subscribe import SnapshotFacts

VERSION: Final = Gauge(
    "switchyard_snapshot_version",
    "Version of the configuration the slowest worker serves by.",
    multiprocess_mode="livemin",
)
AGE: Final = Gauge(
    "switchyard_snapshot_age_seconds",
    "Longest time since PostgreSQL confirmed a worker's configuration.",
    multiprocess_mode="livemax",
)
BAD_ROWS: Final = Gauge(
    "switchyard_snapshot_bad_rows",
    "Objects that cannot be read or opened and are left out; the log names them.",
    multiprocess_mode="livemax",
)


def observe_snapshot(facts: SnapshotFacts) -> None:
    VERSION.set(facts.version)
    AGE.set(facts.age_s)
    BAD_ROWS.set(facts.bad_rows)
