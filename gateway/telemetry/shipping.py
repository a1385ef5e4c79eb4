"""The metrics of the shipper."""

from collections.abc import Sequence
from typing import Final

from prometheus_client import Counter, Gauge, Histogram

from gateway.spool.shipment import Landed

SECONDS: Final = Histogram(
    "switchyard_ship_seconds",
    "Time to bring a batch of records into PostgreSQL.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60),
)
SHIPPED: Final = Counter(
    "switchyard_shipped_total", "Rows brought into PostgreSQL, and those found there.", ["outcome"]
)
LAG: Final = Gauge(
    "switchyard_shipper_lag_seconds",
    "Since all records that had been written were in PostgreSQL.",
    multiprocess_mode="livemax",
)
TORN: Final = Counter(
    "switchyard_spool_torn_total", "Segments whose last frame a dying worker left unfinished."
)
QUARANTINED: Final = Counter(
    "switchyard_spool_quarantined_total", "Frames and records set aside for people to look at."
)


class ShipperMeter:
    def landed(self, landed: Sequence[Landed], *, seconds: float) -> None:
        SECONDS.observe(seconds)
        new = sum(one.new for one in landed)
        SHIPPED.labels("new").inc(new)
        SHIPPED.labels("known").inc(len(landed) - new)

    def torn(self) -> None:
        TORN.inc()

    def quarantined(self) -> None:
        QUARANTINED.inc()

    def behind(self, seconds: float) -> None:
        LAG.set(seconds)
