"""Requests that are signed with a pair of ours."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from accounts import aws_pairs
from accounts.specs import AwsPairSpec
from gateway.edge.client_api import client_api
from gateway.edge.errors import ClientLeft, GatewayError
from gateway.edge.exchange import Exchange
from gateway.edge.identity.sigv4 import is_signed
from gateway.edge.operations.surfaces import CONVERSE
from gateway.edge.runtime import IN_SCOPE, Runtime
from gateway.edge.stages.decode import decode
from gateway.edge.stages.prove import prove
from gateway.edge.worker.slots import Slots
from gateway.snapshot.assembly import CannotOpen
from providers.adapters.sigv4 import AwsKeys, Signable, signing_headers
from providers.secrets import Secret
from tests.gateway.edge.driver import call, http_scope
from tests.gateway.edge.plane import (
    KEY,
    MINTED,
    Plane,
    Snapshots,
    exchange,
    key_spec,
    plane,
    snapshot,
)
from tests.routing.world import NOW

PAIR = aws_pairs.mint(MINTED.public_id)
PATHS_OF_LISTS = b"/foundation-models"
PATH = "/model/arn%3Aaws%3Ax%2Fm/converse"
BODY = b'{"messages":[{"role":"user","content":[{"text":"hi"}]}]}'


class Holder(Snapshots):
    """Whose envelope needs no keys."""

    shut = False

    def open_pair(self, pair: AwsPairSpec, *, tenant_id: str) -> Secret:
        if self.shut:
            raise CannotOpen("no data key")
        return Secret(pair.sealed)


def spec(**fields: Any) -> AwsPairSpec:
    secret = PAIR.secret_access_key.encode()
    return AwsPairSpec(access_key_id=PAIR.access_key_id, sealed=secret, **fields)


def signed(**said: Any) -> dict[bytes, bytes]:
    """As a client sends it; `at`, `region` and others say what it is signed for."""
    at, region = said.pop("at", NOW), said.pop("region", "eu-west-1")
    keys = said.pop(
        "keys",
        AwsKeys(access_key_id=PAIR.access_key_id, secret_access_key=PAIR.secret_access_key),
    )
    headers = {"host": "gateway.example:8000", "content-type": "application/json"}
    filled = {"method": "POST", "path": PATH, "headers": headers, "payload": BODY, **said}
    added = signing_headers(Signable(**filled), keys=keys, region=region, now=at)
    return {name.encode(): value.encode() for name, value in {**headers, **dict(added)}.items()}


def runtime_of(*pairs: AwsPairSpec, **fields: Any) -> Runtime:
    made: Any = plane(snapshot(key_spec(aws_pairs=pairs or (spec(),), **fields)))
    made.snapshots = Holder(made.snapshots.current)
    return made  # type: ignore[no-any-return]


def asked(runtime: Runtime, headers: dict[bytes, bytes], **fields: Any) -> Exchange:
    filled = {"body": BODY, "raw_path": PATH.encode(), "operation": CONVERSE, **fields}
    return exchange(runtime, headers=headers, path_model="m", path_stream=False, **filled)


async def refused(runtime: Runtime, headers: dict[bytes, bytes], **fields: Any) -> tuple[str, str]:
    with pytest.raises(GatewayError) as error:
        await prove(asked(runtime, headers, **fields), runtime)
    return error.value.problem.code, error.value.problem.message


@pytest.mark.parametrize("region", ["eu-west-1", "us-east-1", "nowhere"])
async def test_who_signs_with_a_pair_acts_as_its_key(region: str) -> None:
    runtime = runtime_of()
    made = asked(runtime, signed(region=region))
    await prove(made, runtime)
    assert made.key is not None
    assert made.key.public_id == MINTED.public_id
    await decode(made, runtime)
    assert (made.body, made.model) == (BODY, "m")
    with pytest.raises(ClientLeft):
        await decode(made, runtime)


async def test_a_key_in_a_header_counts_first() -> None:
    runtime = runtime_of()
    made = asked(runtime, {**signed(payload=b"other"), b"x-api-key": KEY.encode()})
    await prove(made, runtime)
    assert made.key is not None


OTHER = AwsKeys(access_key_id=PAIR.access_key_id, secret_access_key="x" * 40)
STRANGER = AwsKeys(access_key_id=aws_pairs.mint("0" * 12).access_key_id, secret_access_key="x" * 40)
SIBLING = AwsKeys(
    access_key_id=aws_pairs.mint(MINTED.public_id).access_key_id, secret_access_key="x" * 40
)
VENDORS = AwsKeys(access_key_id="AKIAIOSFODNN7EXAMPLE", secret_access_key="x" * 40)
UNRECOGNIZED, INVALID = "UnrecognizedClientException", "InvalidSignatureException"


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ({"payload": BODY[:-1] + b"]"}, INVALID),
        ({"path": PATH.replace("%2F", "/")}, INVALID),
        ({"query": "a=1"}, INVALID),
        ({"method": "PUT"}, INVALID),
        ({"keys": OTHER}, INVALID),
        ({"keys": STRANGER}, UNRECOGNIZED),
        ({"keys": SIBLING}, UNRECOGNIZED),
        ({"keys": VENDORS}, UNRECOGNIZED),
        ({"at": NOW - 301}, INVALID),
        ({"at": NOW + 301}, INVALID),
        ({"headers": {"content-type": "application/json"}}, INVALID),
        (
            {"keys": AwsKeys(
                access_key_id=PAIR.access_key_id, secret_access_key=PAIR.secret_access_key,
                session_token="t",
            )},
            UNRECOGNIZED,
        ),
    ],
)  # fmt: skip
async def test_what_is_not_signed_rightly_is_refused(said: dict[str, Any], word: str) -> None:
    runtime = runtime_of()
    code, message = await refused(runtime, signed(**said))
    assert code == word
    assert "key_" not in message


def changed(name: bytes, change: Callable[[bytes], bytes]) -> dict[bytes, bytes]:
    headers = signed()
    return {**headers, name: change(headers[name])}


@pytest.mark.parametrize(
    "headers",
    [
        changed(
            b"authorization", lambda value: value[:-1] + (b"0" if value[-1:] != b"0" else b"1")
        ),
        changed(b"authorization", lambda value: value.replace(b"/bedrock/", b"/s3/")),
        changed(b"authorization", lambda value: value.replace(b"aws4_request", b"aws5_request")),
        changed(b"authorization", lambda value: value.replace(b"host;", b"host;x-odd;")),
        changed(b"authorization", lambda value: b"AWS4-HMAC-SHA256 Credential=x"),
        changed(b"x-amz-date", lambda value: b"yesterday"),
        changed(b"x-amz-date", lambda value: b"20200101T000000Z"),
        changed(b"host", lambda value: b"other.example"),
    ],
)
async def test_one_changed_byte_is_found(headers: dict[bytes, bytes]) -> None:
    assert (await refused(runtime_of(), headers))[0] == INVALID


@pytest.mark.parametrize(
    ("headers", "reads"),
    [
        (signed(keys=STRANGER), False),
        (signed(keys=SIBLING), False),
        (signed(keys=VENDORS), False),
        (signed(at=NOW - 301), False),
        (changed(b"authorization", lambda value: value.replace(b"/bedrock/", b"/s3/")), False),
        (changed(b"authorization", lambda value: value.replace(b"host;", b"host;x-odd;")), False),
        (changed(b"authorization", lambda value: value.replace(b"host;", b"")), False),
        ({**signed(), b"x-amz-security-token": b"t"}, False),
        (signed(keys=OTHER), True),
    ],
)
async def test_no_body_is_read_for_what_the_headers_decide(
    headers: dict[bytes, bytes], *, reads: bool
) -> None:
    runtime = runtime_of()
    made = asked(runtime, headers)
    receive, asked_for = made.receive, []

    async def counted() -> Any:
        asked_for.append(1)
        return await receive()

    made.receive = counted
    with pytest.raises(GatewayError):
        await prove(made, runtime)
    assert bool(asked_for) is reads


def waiting(runtime: Runtime, headers: dict[bytes, bytes], go: asyncio.Event) -> Exchange:
    """Whose body is on its way until `go`."""
    made = asked(runtime, headers)
    receive = made.receive

    async def later() -> Any:
        await go.wait()
        return await receive()

    made.receive = later
    return made


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        ({"most_per_address": 2}, "too_many_open_requests"),
        ({"most_per_address": 0, "most_unproven": 2}, "overloaded"),
    ],
)
async def test_few_bodies_wait_for_their_proof(limits: dict[str, int], code: str) -> None:
    runtime: Any = runtime_of()
    runtime.slots = Slots(most=9, most_per_key=9, **limits)
    go = asyncio.Event()
    unread = [waiting(runtime, signed(keys=OTHER), go), waiting(runtime, signed(), go)]
    tasks = [asyncio.create_task(prove(each, runtime)) for each in unread]
    await asyncio.sleep(0)

    assert (await refused(runtime, signed()))[0] == code

    gone = asked(runtime, signed())
    go.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(each) for each in results] == [GatewayError, type(None)]
    await gone.receive()
    for _ in range(3):  # what was taken is given back, however it ended
        with pytest.raises(ClientLeft):
            await prove(gone, runtime)
    await prove(asked(runtime, signed()), runtime)


async def test_what_is_proven_waits_for_none_of_these() -> None:
    runtime: Any = runtime_of()
    runtime.slots = Slots(most=9, most_per_key=9, most_per_address=9, most_unproven=0)
    assert (await refused(runtime, signed()))[0] == "overloaded"
    await prove(asked(runtime, {**signed(), b"x-api-key": KEY.encode()}), runtime)


async def test_a_signature_in_the_address_is_not_taken() -> None:
    query = b"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=0"
    assert is_signed({}, query)
    assert (await refused(runtime_of(), {b"host": b"h"}, query=query))[0] == INVALID


def test_what_is_not_signed_is_none_of_this() -> None:
    assert not is_signed({b"authorization": b"Bearer x"}, b"")
    assert not is_signed({}, b"key=x")
    assert is_signed(signed(), b"")


async def test_a_pair_ends_with_its_overlap() -> None:
    over = runtime_of(spec(expires_at=NOW))
    assert (await refused(over, signed()))[0] == "ExpiredTokenException"
    runtime = runtime_of(spec(expires_at=NOW + 1))
    await prove(asked(runtime, signed()), runtime)


async def test_a_pair_ends_with_its_key() -> None:
    code, _ = await refused(runtime_of(status="revoked"), signed())
    assert code == "key_revoked"


async def listed(runtime: Runtime, headers: dict[bytes, bytes]) -> tuple[int, bytes]:
    scope = http_scope(PATHS_OF_LISTS, headers=tuple(headers.items()))
    scope["path"] = PATHS_OF_LISTS.decode()
    scope["state"] = {"request_id": "req_1", IN_SCOPE: runtime}
    answer = await call(client_api, scope)
    return answer.status, answer.headers.get(b"x-amzn-errortype", b"")


async def test_lists_are_for_who_signs_too() -> None:
    runtime = runtime_of()
    asks = {"method": "GET", "path": PATHS_OF_LISTS.decode(), "payload": b""}
    assert await listed(runtime, signed(**asks)) == (200, b"")
    assert await listed(runtime, signed(**asks, keys=OTHER)) == (403, INVALID.encode())
    beside = {**signed(**asks, keys=OTHER), b"x-api-key": KEY.encode()}
    assert await listed(runtime, beside) == (200, b"")


async def test_too_many_wrong_signatures_are_told_to_wait() -> None:
    runtime = runtime_of()
    assert isinstance(runtime.failures, type(Plane(Snapshots(snapshot())).failures))
    codes = [(await refused(runtime, signed(keys=OTHER)))[0] for _ in range(31)]
    assert codes[0] == INVALID
    assert codes[-1] == ""


async def test_a_pair_that_cannot_be_opened_is_our_fault() -> None:
    runtime: Any = runtime_of()
    runtime.snapshots.shut = True
    code, message = await refused(runtime, signed())
    assert (code, message) == ("", "The signature cannot be checked at the moment.")
