"""Stage 1 of requests that are signed: a key in a header counts first, else the signature.

Law: the body is signed too, so it is read before anybody knows whose it is.
"""

from typing import Final

from accounts import aws_pairs
from accounts.specs import AwsPairSpec, KeySpec
from gateway.edge.errors import GatewayError, refusal
from gateway.edge.exchange import Exchange
from gateway.edge.messages import Message, Receive
from gateway.edge.possession import possession
from gateway.edge.runtime import Runtime
from gateway.edge.sigv4 import NO_SECRET, Claim, NotProven, Received, is_right, read_claim
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
    body = await whole_body(exchange)
    exchange.receive = _again(body, exchange.receive)
    received = Received(
        method="POST",
        raw_path=arrival.raw_path,
        query=arrival.query,
        headers=arrival.headers,
        body=body,
    )
    key = signer(received, address=arrival.address, snapshot=snapshot, runtime=runtime)
    take(exchange, key, now=now)


def signer(received: Received, *, address: str, snapshot: Snapshot, runtime: Runtime) -> KeySpec:
    """Whose pair a request is signed with; raises GatewayError where it is nobody's."""
    try:
        return _signer(received, snapshot=snapshot, runtime=runtime, now=runtime.snapshots.now())
    except NotProven as why:
        refuse_unproven(address, runtime)
        raise refusal("authentication", str(why), code=why.word) from None


def _signer(received: Received, *, snapshot: Snapshot, runtime: Runtime, now: float) -> KeySpec:
    """Raises NotProven."""
    claim = read_claim(received, now=now)
    key, pair = _pair_of(claim, snapshot)
    secret = NO_SECRET
    if key is not None and pair is not None:
        try:
            opened = runtime.snapshots.open_pair(pair, tenant_id=key.tenant_id)
        except CannotOpen:
            # Why is for who runs the gateway, not for whoever has not proved who he is.
            raise GatewayError(
                Problem(kind="internal", message="The signature cannot be checked at the moment.")
            ) from None
        secret = opened.reveal().decode()
    right = is_right(received, claim, secret=secret)
    if key is None or pair is None:
        raise NotProven("UnrecognizedClientException", UNKNOWN)
    if not right:
        raise NotProven("InvalidSignatureException", WRONG)
    if pair.expires_at is not None and pair.expires_at <= now:
        raise NotProven("ExpiredTokenException", EXPIRED)
    return key


def _pair_of(claim: Claim, snapshot: Snapshot) -> tuple[KeySpec | None, AwsPairSpec | None]:
    public_id = aws_pairs.public_id_of(claim.access_key_id)
    key = None if public_id is None else snapshot.key(public_id)
    pairs = () if key is None else key.aws_pairs
    return key, next((p for p in pairs if p.access_key_id == claim.access_key_id), None)


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
