"""A Runtime as a worker starts it, for tests that need more than the stages."""

import os
from pathlib import Path
from typing import Any

from gateway import env
from gateway.edge.edge_settings import EdgeSettings
from gateway.edge.egress.vendors import open_media, open_vendors
from gateway.edge.runtime import RuntimeConfig
from gateway.snapshot.subscribe import SnapshotConfig
from gateway.spool.writer import SpoolConfig
from gateway.telemetry.spool import Records
from gateway.telemetry.traffic import Traffic

NOWHERE = "postgresql://x:y@127.0.0.1:1/z"
NO_REDIS = "redis://127.0.0.1:1/0"
METER = Traffic(max_series=5_000)
RECORDS = Records()


def runtime_config(*, folder: Path, services: bool, **fields: Any) -> RuntimeConfig:
    """`services`: those of the suite, else none that answers."""
    values = env.parse(os.environ)
    database = os.environ["DATABASE_URL"] if services else NOWHERE
    redis = os.environ["REDIS_URL"] if services else NO_REDIS
    given: dict[str, Any] = {
        "database_url": database,
        "redis_url": redis,
        "cache_redis_url": os.environ["CACHE_REDIS_URL"] if services else NO_REDIS,
        "broker_url": redis,
        "drain_mark": None,
        "expected_migrations": frozenset(),
        "snapshot": SnapshotConfig(
            database_url=database,
            key_encryption_key=os.environ["SWITCHYARD_KEK"],
            folder=folder,
            node_id="node",
            max_age_s=86_400,
        ),
        "peppers": (os.environ["SWITCHYARD_KEY_PEPPER"],),
        "spool": SpoolConfig(folder=folder / "spool" / "node", node="node"),
        "edge": EdgeSettings(),
        "open_upstream": lambda: open_vendors(values),
        "open_media": lambda: open_media(values),
        **fields,
    }
    return RuntimeConfig(**given)
