"""The configuration as the data plane sees it: one immutable value, swapped whole.

Laws: nothing in a snapshot changes once it is current; an exchange keeps the one it began with;
a change builds a new snapshot that shares all untouched shards with the old one.
"""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct, field

from accounts.specs import KeySpec, TenantSpec
from providers.adapters.base import Revealable
from providers.pricebook import PriceBook
from providers.specs import ProviderSpec
from routing.names import Names

SHARD_CHARS: Final = 2


class Snapshot(Struct, frozen=True, kw_only=True):
    version: int
    tenants: Mapping[str, TenantSpec]
    key_shards: Mapping[str, Mapping[str, KeySpec]]
    providers: Mapping[str, ProviderSpec]
    secrets: Mapping[str, Revealable]  # credential id -> opened secret
    names: Names
    prices: PriceBook = field(default_factory=PriceBook)
    anonymous: KeySpec | None = None  # whom requests without a key act as, where that is allowed

    def key(self, public_id: str) -> KeySpec | None:
        shard = self.key_shards.get(public_id[:SHARD_CHARS])
        return None if shard is None else shard.get(public_id)
