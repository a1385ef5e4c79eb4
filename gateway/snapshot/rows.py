"""A compiled row as it travels: from PostgreSQL, or from the copy on disk, into a worker's memory.

Laws: a kind that this release does not know is passed over, for a newer release may have written
it; payloads are JSON, because specs carry JSON that is passed on as it is (`Params.force`).
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from accounts.specs import KeySpec, TenantSpec
from providers.specs import DataKeySpec, PricePageSpec, ProviderSpec
from routing.specs import AliasSpec, RoutingSpec

# Text that is no UTF-8 is told by Python itself.
UNDECODABLE: Final = (msgspec.MsgspecError, UnicodeDecodeError)


class Row(msgspec.Struct, frozen=True, array_like=True):
    kind: str
    object_id: str
    name: str  # what the data plane finds it by: a key's public id, else the object's id
    version: int
    payload: bytes | None  # None: gone


DECODERS: Final[Mapping[str, msgspec.json.Decoder[Any]]] = {
    "tenant": msgspec.json.Decoder(TenantSpec),
    "key": msgspec.json.Decoder(KeySpec),
    "data_key": msgspec.json.Decoder(DataKeySpec),
    "provider": msgspec.json.Decoder(ProviderSpec),
    "price_page": msgspec.json.Decoder(PricePageSpec),
    "alias": msgspec.json.Decoder(AliasSpec),
    "routing_settings": msgspec.json.Decoder(RoutingSpec),
}
