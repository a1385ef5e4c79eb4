"""Whether a request was signed with a pair of ours, as AWS's SDKs sign.

Laws: the path counts as it came, before anything was decoded; what the headers alone decide is
decided by them, before anybody reads a body; only who has signed rightly hears anything of the key.

    NotProven   the word SDKs act on, and why
"""

import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from providers.adapters.sigv4 import (
    ALGORITHM,
    SCOPE_END,
    SERVICE,
    TIME,
    Scope,
    Signable,
    signature,
)

Word: TypeAlias = Literal[
    "UnrecognizedClientException", "InvalidSignatureException", "ExpiredTokenException"
]
AUTHORIZATION: Final = b"authorization"
HOST: Final = "host"
STAMP: Final = "x-amz-date"
TOKEN: Final = b"x-amz-security-token"
PRE_SIGNED: Final = re.compile(rb"(?:^|&)X-Amz-(?:Algorithm|Signature|Credential)=", re.IGNORECASE)
CLAIM: Final = re.compile(
    r"AWS4-HMAC-SHA256\s+Credential=([A-Z0-9]{4,128})/(\d{8})/([a-z0-9-]{1,32})/([a-z0-9-]{1,32})"
    r"/([a-z0-9_]{1,32}),\s*SignedHeaders=([a-z0-9;_-]{1,2048}),\s*Signature=([0-9a-f]{64})",
    re.ASCII,
)
SKEW_S: Final = 300.0


class NotProven(Exception):
    def __init__(self, word: Word, why: str) -> None:
        super().__init__(why)
        self.word = word


class Claim(Struct, frozen=True, kw_only=True):
    """What a request says of its signature."""

    access_key_id: str
    scope: Scope
    names: tuple[str, ...]  # of the headers that are signed
    signature: str


class Received(Struct, frozen=True, kw_only=True):
    """A request as it came."""

    method: str
    raw_path: bytes
    query: bytes
    headers: Mapping[bytes, bytes]  # names in lower case
    body: bytes


def is_signed(headers: Mapping[bytes, bytes], query: bytes) -> bool:
    said = headers.get(AUTHORIZATION, b"").startswith(ALGORITHM.encode())
    return said or (bool(query) and PRE_SIGNED.search(query) is not None)


def read_claim(headers: Mapping[bytes, bytes], *, now: float) -> Claim:
    """Raises NotProven where what is said cannot be a signature for us, now."""
    if TOKEN in headers:
        raise NotProven(
            "UnrecognizedClientException", "The security token included in the request is invalid."
        )
    found = CLAIM.fullmatch(headers.get(AUTHORIZATION, b"").decode("latin-1").strip())
    if found is None:
        raise NotProven(
            "InvalidSignatureException",
            "Sign the request in its Authorization header; pre-signed addresses are not taken.",
        )
    key_id, date, region, service, end, names, told = found.groups()
    if (service, end) != (SERVICE, SCOPE_END):
        raise NotProven(
            "InvalidSignatureException",
            f"Credential should be scoped to {SERVICE!r}, for requests.",
        )
    claim = Claim(
        access_key_id=key_id,
        scope=Scope(date=date, region=region),
        names=tuple(names.split(";")),
        signature=told,
    )
    missing = {HOST, STAMP} - set(claim.names)
    unsent = [name for name in claim.names if name.encode() not in headers]
    if missing or unsent:
        name = min(missing) if missing else unsent[0]
        raise NotProven("InvalidSignatureException", f"{name} must be sent, and signed.")
    _check_stamp(_stamp(headers), date=date, now=now)
    return claim


def is_right(received: Received, claim: Claim, *, secret: str) -> bool:
    headers = {name: received.headers[name.encode()].decode("latin-1") for name in claim.names}
    request = Signable(
        method=received.method,
        path=received.raw_path.decode("latin-1"),
        query=received.query.decode("latin-1"),
        headers=headers,
        payload=received.body,
    )
    made = signature(request, scope=claim.scope, stamp=_stamp(received.headers), secret=secret)
    return hmac.compare_digest(made, claim.signature)


def _stamp(headers: Mapping[bytes, bytes]) -> str:
    return headers[STAMP.encode()].decode("latin-1").strip()


def _check_stamp(stamp: str, *, date: str, now: float) -> None:
    try:
        at = datetime.strptime(stamp, TIME).replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise NotProven("InvalidSignatureException", f"{STAMP} is no moment.") from None
    if not stamp.startswith(date):
        raise NotProven("InvalidSignatureException", f"{STAMP} is not of the day signed for.")
    if abs(now - at) > SKEW_S:
        moment = datetime.fromtimestamp(now, tz=UTC).strftime(TIME)
        raise NotProven(
            "InvalidSignatureException",
            f"Signature expired: {stamp} is not within 5 min. of {moment}.",
        )
