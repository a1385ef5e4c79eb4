"""A vault over the Redis of the tests, under keys of the tests."""

import os
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from gateway.edge.memory.vault import Vault, vault_redis
from gateway.snapshot.subscribe import Envelope
from providers import secrets
from providers.secrets import KeyRing
from providers.specs import DataKeySpec

RING: Final = KeyRing.from_setting("dGVzdC1vbmx5LWtleS1lbmNyeXB0aW9uLWtleS0zMmI=")
NOBODY: Final = "redis://127.0.0.1:1/0"
PATIENCE_S: Final = 5.0  # what is tested is not how fast a busy machine's Redis is
HMAC_KEY: Final = b"k" * 32


@dataclass
class Meter:
    counts: dict[str, int] = field(default_factory=dict)

    def sealed(self, *, outcome: str, count: int = 1) -> None:
        self.counts[outcome] = self.counts.get(outcome, 0) + count


def envelope(*tenants: str) -> Envelope:
    """With the platform's data key, and one of each of these tenants."""
    made = Envelope(RING)
    for number, tenant in enumerate(("", *tenants)):
        key_id = UUID(int=number + 1)
        wrapped = secrets.wrap(
            key=secrets.new_key(), dek_id=key_id, kek=RING.current, tenant=tenant
        )
        made.learn(DataKeySpec(id=str(key_id), wrapped=wrapped, tenant_id=tenant or None))
    return made


def vault(
    *,
    url: str = "",
    meter: Meter | None = None,
    box: Envelope | None = None,
    wait_s: float = PATIENCE_S,
) -> Vault:
    made = Vault(
        redis=vault_redis(url or os.environ["REDIS_URL"], wait_s=wait_s),
        box=box or envelope(),
        meter=meter or Meter(),
        hmac_key=HMAC_KEY,
        ttl_s=60,
    )
    made.wait_s = wait_s
    return made
