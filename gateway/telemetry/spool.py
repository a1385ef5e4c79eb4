"""The metrics of what is recorded."""

from typing import Final

from prometheus_client import Counter, Gauge

from gateway.spool.writer import SpoolFacts

RECORDS: Final = Counter(
    "switchyard_records_total", "Attempts and refusals that were recorded.", ["status"]
)
UNRECORDED: Final = Counter(
    "switchyard_unrecorded_total", "Attempts that were served and could not be recorded."
)
SUPPRESSED: Final = Counter(
    "switchyard_refusals_suppressed_total", "Refusals beyond those a key has recorded each second."
)
BACKLOG: Final = Gauge(
    "switchyard_spool_backlog_bytes",
    "Records of this node that wait for PostgreSQL.",
    multiprocess_mode="livemax",
)
FREE: Final = Gauge(
    "switchyard_spool_free_bytes",
    "Room that is left where records wait.",
    multiprocess_mode="livemin",
)


class Records:
    def recorded(self, *, status: str) -> None:
        RECORDS.labels(status).inc()

    def unrecorded(self) -> None:
        UNRECORDED.inc()

    def suppressed(self) -> None:
        SUPPRESSED.inc()

    def spool(self, facts: SpoolFacts) -> None:
        BACKLOG.set(facts.backlog_bytes)
        FREE.set(facts.free_bytes)
