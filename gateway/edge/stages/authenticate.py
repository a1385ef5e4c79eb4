"""Stage 1: key from any accepted header, proof of possession, state of key and tenant."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from accounts.specs import KeySpec, TenantSpec
from gateway.edge.errors import GatewayError, refusal
from gateway.edge.exchange import Exchange
from gateway.edge.identity.possession import Possession, carried_values, possession
from gateway.edge.runtime import Runtime
from gateway.edge.worker.slots import SHOULD_RETRY
from gateway.snapshot.snapshot import Snapshot
from protocols.errors import Problem

STALE_RETRY_S: Final = 2.0
INVALID: Final = "Invalid API key."
MISSING: Final = (
    "No API key was sent. Send it as 'Authorization: Bearer <key>' or in the header x-api-key."
)
SAID_OF_STATUS: Final = {
    "disabled": ("key_disabled", "This API key is disabled."),
    "revoked": ("key_revoked", "This API key is revoked."),
}


def authenticate(exchange: Exchange, runtime: Runtime) -> None:
    arrival, snapshot, now = exchange.arrival, exchange.snapshot, runtime.snapshots.now()
    carrier = Carrier(headers=arrival.headers, query=arrival.query, address=arrival.address)
    found = identify(carrier, snapshot=snapshot, runtime=runtime, now=now)
    exchange.vendor_key = found.vendor_key
    take(exchange, found.key, now=now)


def take(exchange: Exchange, key: KeySpec, *, now: float) -> None:
    """The key's own state; specific answers are safe, for the caller holds the key."""
    exchange.key = key
    exchange.state["key_id"] = key.id
    exchange.tenant = tenant = usable(key, snapshot=exchange.snapshot, now=now)
    exchange.state["tenant"] = tenant.slug


def usable(key: KeySpec, *, snapshot: Snapshot, now: float) -> TenantSpec:
    """The key's tenant; raises GatewayError when key or tenant may not call."""
    said = SAID_OF_STATUS.get(key.status)
    if said is not None:
        raise refusal("authentication", said[1], code=said[0])
    if key.expires_at is not None and key.expires_at <= now:
        raise refusal("authentication", "This API key has expired.", code="key_expired")
    tenant = snapshot.tenants.get(key.tenant_id)
    if tenant is None or tenant.status != "active":
        raise refusal(
            "permission", "The tenant of this API key is suspended.", code="tenant_suspended"
        )
    return tenant


class Carrier(Struct, frozen=True, kw_only=True):
    """The part of a request in which a key can be."""

    headers: Mapping[bytes, bytes]
    query: bytes
    address: str


def identify(carrier: Carrier, *, snapshot: Snapshot, runtime: Runtime, now: float) -> Possession:
    """Raises GatewayError when nothing that was sent is a key of ours."""
    found = possession(
        carrier.headers, carrier.query, verifier=runtime.verifier, snapshot=snapshot, now=now
    )
    return found or _without_proof(carrier, snapshot=snapshot, runtime=runtime)


def _without_proof(carrier: Carrier, *, snapshot: Snapshot, runtime: Runtime) -> Possession:
    if next(carried_values(carrier.headers, carrier.query), None) is None:
        if runtime.settings.require_api_key or snapshot.anonymous is None:
            raise refusal("authentication", MISSING)
        return Possession(key=snapshot.anonymous)
    refuse_unproven(carrier.address, runtime)
    raise refusal("authentication", INVALID)


def refuse_unproven(address: str, runtime: Runtime) -> None:
    """Raises where it is told otherwise than that the key is wrong."""
    wait_s = runtime.failures.note(address, now=runtime.clock())
    if wait_s is not None:
        raise GatewayError(
            Problem(
                kind="rate_limited",
                message="Too many requests with an invalid API key from this address.",
                retry_after=wait_s,
            )
        )
    if runtime.snapshots.is_stale():
        raise GatewayError(
            Problem(
                kind="overloaded",
                message="This API key cannot be checked at the moment.",
                code="snapshot_stale",
                retry_after=STALE_RETRY_S,
            ),
            headers=SHOULD_RETRY,
        )
