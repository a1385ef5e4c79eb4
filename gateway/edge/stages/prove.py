"""Stage 1 of requests that are signed: a key in a header counts first, else the signature.

Law: the body is signed too, so it is read before anybody knows whose it is, but only for who names
a pair that there is, and could be its holder, and never many at once.
"""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from accounts import aws_pairs
from accounts.specs import AwsPairSpec, KeySpec
from gateway.edge.errors import GatewayError, refusal
from gateway.edge.exchange import Exchange
from gateway.edge.identity.possession import possession
from gateway.edge.identity.sigv4 import Claim, NotProven, Received, is_right, read_claim
from gateway.edge.messages import Message, Receive
from gateway.edge.runtime import Runtime
from gateway.edge.stages.authenticate import refuse_unproven, take
from gateway.edge.stages.decode import whole_body
from gateway.snapshot.assembly import CannotOpen
from gateway.snapshot.snapshot import Snapshot
from protocols.errors import Problem

UNKNOWN: Final = "The security token included in the request is invalid."
WRONG: Final = (
    "The request signature we calculated does not match the signature you provided. Check your"
    " secret access key and signing method."
)
EXPIRED: Final = "The security token included in the request is expired."


async def prove(exchange: Exchange, runtime: Runtime) -> None:
    arrival, snapshot, now = exchange.arrival, exchange.snapshot, runtime.snapshots.now()
    found = possession(
        arrival.headers, arrival.query, verifier=runtime.verifier, snapshot=snapshot, now=now
    )
    if found is not None:
        exchange.vendor_key = found.vendor_key
        take(exchange, found.key, now=now)
        return
    claimed = claim_of(arrival.headers, address=arrival.address, snapshot=snapshot, runtime=runtime)
    with runtime.slots.unproven(arrival.address):
        body = await whole_body(exchange)
        received = Received(
            method=arrival.operation.method,
            raw_path=arrival.raw_path,
            query=arrival.query,
            headers=arrival.headers,
            body=body,
        )
        key = signer(claimed, received, address=arrival.address, runtime=runtime)
    exchange.receive = _again(body, exchange.receive)
    take(exchange, key, now=now)


class Claimed(Struct, frozen=True):
    """Whose the headers say a request is; nothing is proven yet."""

    claim: Claim
    key: KeySpec
    pair: AwsPairSpec


def claim_of(
    headers: Mapping[bytes, bytes], *, address: str, snapshot: Snapshot, runtime: Runtime
) -> Claimed:
    """Raises GatewayError where no body could make it a request of ours."""
    try:
        claim = read_claim(headers, now=runtime.snapshots.now())
        return Claimed(claim, *_pair_of(claim, snapshot))
    except NotProven as why:
        raise _refused(why, address, runtime) from None


def signer(claimed: Claimed, received: Received, *, address: str, runtime: Runtime) -> KeySpec:
    """Raises GatewayError where it is not signed with the pair that it names."""
    pair, key = claimed.pair, claimed.key
    try:
        opened = runtime.snapshots.open_pair(pair, tenant_id=key.tenant_id)
    except CannotOpen:
        # Why is for who runs the gateway, not for whoever has not proved who he is.
        raise GatewayError(
            Problem(kind="internal", message="The signature cannot be checked at the moment.")
        ) from None
    if not is_right(received, claimed.claim, secret=opened.reveal().decode()):
        raise _refused(NotProven("InvalidSignatureException", WRONG), address, runtime)
    if pair.expires_at is not None and pair.expires_at <= runtime.snapshots.now():
        raise _refused(NotProven("ExpiredTokenException", EXPIRED), address, runtime)
    return key


def _refused(why: NotProven, address: str, runtime: Runtime) -> GatewayError:
    refuse_unproven(address, runtime)
    return refusal("authentication", str(why), code=why.word)


def _pair_of(claim: Claim, snapshot: Snapshot) -> tuple[KeySpec, AwsPairSpec]:
    public_id = aws_pairs.public_id_of(claim.access_key_id)
    key = None if public_id is None else snapshot.key(public_id)
    for pair in () if key is None else key.aws_pairs:
        if key is not None and pair.access_key_id == claim.access_key_id:
            return key, pair
    raise NotProven("UnrecognizedClientException", UNKNOWN)


def _again(body: bytes, receive: Receive) -> Receive:
    """The body once more, then what else is said."""
    told = False

    async def again() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
