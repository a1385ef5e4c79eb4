"""AWS Signature Version 4: what is signed, and with what. Pure: the time is given.

Laws: the path is taken as it stands on the wire and encoded once more, as every service but S3
wants it; of headers and query neither order nor blanks matter; secrets are used, never told.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote, unquote

from msgspec import Struct
from msgspec.structs import replace

ALGORITHM: Final = "AWS4-HMAC-SHA256"
SCOPE_END: Final = "aws4_request"
SERVICE: Final = "bedrock"
TIME: Final = "%Y%m%dT%H%M%SZ"
DATE_CHARS: Final = 8
PAIR_FORM: Final = "ACCESS_KEY_ID:SECRET_ACCESS_KEY, or both and :SESSION_TOKEN"
BLANKS: Final = re.compile(r"\s+")


class AwsKeys(Struct, frozen=True, kw_only=True):
    access_key_id: str
    secret_access_key: str
    session_token: str = ""

    def __repr__(self) -> str:
        return "AwsKeys(***)"


# Access key id, secret access key, and a session token where the keys are temporary.
PAIR: Final = re.compile(r"([A-Z0-9]{16,128}):([A-Za-z0-9+/=]{1,128})(?::([A-Za-z0-9+/=_-]+))?")


def keys_of(text: str) -> AwsKeys | None:
    """As a credential holds them; None for what is no pair."""
    found = PAIR.fullmatch(text)
    if found is None:
        return None
    return AwsKeys(access_key_id=found[1], secret_access_key=found[2], session_token=found[3] or "")


class Signable(Struct, frozen=True, kw_only=True):
    """A request, as far as its signature is about it."""

    method: str
    path: str  # as on the wire
    query: str = ""  # as on the wire
    headers: Mapping[str, str]  # those that are signed, names in lower case
    payload: bytes


class Scope(Struct, frozen=True, kw_only=True):
    """What a signature is good for."""

    date: str  # YYYYMMDD
    region: str
    service: str = SERVICE

    def __str__(self) -> str:
        return f"{self.date}/{self.region}/{self.service}/{SCOPE_END}"


def timestamp(now: float) -> str:
    return datetime.fromtimestamp(now, tz=UTC).strftime(TIME)


def signature(request: Signable, *, scope: Scope, stamp: str, secret: str) -> str:
    digest = hashlib.sha256(_canonical(request).encode()).hexdigest()
    told = "\n".join((ALGORITHM, stamp, str(scope), digest))
    key = f"AWS4{secret}".encode()
    for part in (scope.date, scope.region, scope.service, SCOPE_END):
        key = _hmac(key, part)
    return _hmac(key, told).hex()


def signed_names(headers: Iterable[str]) -> str:
    return ";".join(sorted(headers))


def signing_headers(
    request: Signable, *, keys: AwsKeys, region: str, now: float
) -> tuple[tuple[str, str], ...]:
    """What is added to the request's headers, all of which are signed with it."""
    stamp = timestamp(now)
    own = {"x-amz-date": stamp}
    if keys.session_token:
        own["x-amz-security-token"] = keys.session_token
    scope = Scope(date=stamp[:DATE_CHARS], region=region)
    whole = replace(request, headers={**request.headers, **own})
    signed = signature(whole, scope=scope, stamp=stamp, secret=keys.secret_access_key)
    told = (
        f"{ALGORITHM} Credential={keys.access_key_id}/{scope}, "
        f"SignedHeaders={signed_names(whole.headers)}, Signature={signed}"
    )
    return (*own.items(), ("authorization", told))


def _canonical(request: Signable) -> str:
    headers = request.headers
    return "\n".join(
        (
            request.method,
            quote(request.path, safe="/~") or "/",
            _canonical_query(request.query),
            *(f"{name}:{BLANKS.sub(' ', headers[name]).strip()}" for name in sorted(headers)),
            "",
            signed_names(headers),
            hashlib.sha256(request.payload).hexdigest(),
        )
    )


def _canonical_query(query: str) -> str:
    told = (each.partition("=") for each in query.split("&") if each)
    pairs = sorted((_encoded(name), _encoded(value)) for name, _, value in told)
    return "&".join(f"{name}={value}" for name, value in pairs)


def _encoded(text: str) -> str:
    return quote(unquote(text), safe="-_.~")


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), hashlib.sha256)
