"""The control plane's calls (F-62, F-63)."""

import asyncio
from ipaddress import ip_address, ip_network
from pathlib import Path

import httpx
import pytest

from providers.adapters.base import UpstreamCall
from providers.addresses import Address, AddressPolicy, RefusedAddress
from providers.resolver import Lookup, Resolver, system_lookup, tls_context
from providers.transport import (
    BODY_MAX_BYTES,
    RefusedAnswer,
    SafeTransport,
    VendorTransport,
    configured_transport,
)
from tests.gateway.edge.egress.upstream_contract.certificates import Authority
from tests.gateway.edge.egress.upstream_contract.test_proxies import proxy
from tests.gateway.edge.egress.upstream_contract.vendor import (
    LAST_CHUNK,
    OK,
    STREAM,
    Vendor,
    answers,
    chunk,
    pours,
    sends,
    vendor,
)

LISTED = AddressPolicy(
    allow=(ip_network("127.0.0.1/32"), ip_network("::1/128")),
    http_hosts=frozenset({"127.0.0.1", "vendor.test"}),
)
TLS = tls_context()


def _transport(
    *, policy: AddressPolicy = LISTED, lookup: Lookup = system_lookup, proxy_url: str = ""
) -> VendorTransport:
    return VendorTransport(Resolver(policy, lookup=lookup), tls=TLS, proxy_url=proxy_url)


def _call(url: str, *, body: bytes = b"{}") -> UpstreamCall:
    return UpstreamCall(
        method="POST", url=url, headers=(("authorization", "Bearer s3cret"),), body=body
    )


async def _ask(transport: VendorTransport, there: Vendor) -> bytes:
    async with transport.open(_call(f"{there.origin}/v1"), origin=there.origin) as answer:
        return await answer.whole()


async def test_a_call_is_answered() -> None:
    async with vendor(answers) as there:
        async with _transport().open(_call(f"{there.origin}/v1"), origin=there.origin) as answer:
            assert answer.status == 200
            assert answer.headers["content-type"] == "application/json"
            assert await answer.whole() == b"{}"
        (asked,) = there.asked
        assert asked.headers["accept-encoding"] == "identity"
        assert asked.headers["host"] == f"127.0.0.1:{there.port}"
        assert asked.body == b"{}"


async def test_a_stream_comes_in_pieces() -> None:
    said = STREAM + chunk(b"data: 1\n\n") + chunk(b"data: 2\n\n") + LAST_CHUNK
    async with (
        vendor(sends(said)) as there,
        _transport().open(_call(f"{there.origin}/v1"), origin=there.origin) as answer,
    ):
        assert b"".join([piece async for piece in answer.pieces()]) == b"data: 1\n\ndata: 2\n\n"


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/v1", "http://vendor.test/v1", "nonsense"])
async def test_a_credential_goes_to_its_own_origin_alone(url: str) -> None:
    async with vendor(answers) as there:
        with pytest.raises(RefusedAddress):
            async with _transport().open(_call(url), origin=there.origin):
                pass
        assert not there.links


async def test_an_address_nobody_listed_is_not_connected_to() -> None:
    async with vendor(answers) as there:
        strict = AddressPolicy(
            ports=frozenset({there.port}), http_hosts=frozenset({"127.0.0.1", "vendor.test"})
        )
        with pytest.raises(RefusedAddress, match="loopback"):
            await _ask(_transport(policy=strict), there)
        there.host = "vendor.test"
        with pytest.raises(RefusedAddress, match="loopback"):
            await _ask(_transport(policy=strict, lookup=_known("8.8.8.8", "127.0.0.1")), there)
        assert not there.links


def _known(*addresses: str) -> Lookup:
    async def lookup(_: str) -> tuple[Address, ...]:
        return tuple(map(ip_address, addresses))

    return lookup


async def test_a_name_that_changes_its_address_leads_nowhere_else() -> None:  # F-63
    looked_up = 0

    async def alternates(_: str) -> tuple[Address, ...]:
        nonlocal looked_up
        looked_up += 1
        return (ip_address("127.0.0.1" if looked_up % 2 else "127.0.0.9"),)

    async with (
        vendor(answers) as there,
        vendor(answers, host="127.0.0.9", port=there.port) as private,
    ):
        there.host = "vendor.test"
        for _ in range(5):
            assert await _ask(_transport(lookup=alternates), there) == b"{}"
            with pytest.raises(RefusedAddress):
                await _ask(_transport(lookup=alternates), there)
        assert not private.links


async def test_the_next_address_is_tried_when_one_refuses() -> None:
    async with vendor(answers) as there:
        there.host = "vendor.test"
        lookup = _known("::1", "127.0.0.1")
        assert await _ask(_transport(lookup=lookup), there) == b"{}"
    with pytest.raises(httpx.ConnectError):
        await _ask(_transport(lookup=lookup), there)


async def test_a_name_nobody_knows_is_told() -> None:
    async def unknown(_: str) -> tuple[Address, ...]:
        raise OSError(-2, "Name or service not known")

    there = Vendor(scheme="http", host="vendor.test", port=8000)
    with pytest.raises(httpx.ConnectError, match=r"vendor\.test: Name or service not known"):
        await _ask(_transport(lookup=unknown), there)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (b"HTTP/1.1 302 Found\r\nLocation: /v2\r\nContent-Length: 0\r\n\r\n", "redirect"),
        (OK.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n"), "compressed"),
        (OK.replace(b"\r\n\r\n", b"\r\n" + b"X: " + b"y" * 66_000 + b"\r\n\r\n"), "headers"),
    ],
)
async def test_an_answer_nobody_may_use_is_refused(said: bytes, why: str) -> None:
    async with vendor(sends(said)) as there:
        with pytest.raises(RefusedAnswer, match=why):
            await _ask(_transport(), there)
        assert len(there.asked) == 1


async def test_an_answer_above_its_cap_is_cut() -> None:
    async with vendor(pours(STREAM, chunk(bytes(65_536)), pieces=100)) as there:
        transport = SafeTransport(Resolver(LISTED), tls=TLS, body_max_bytes=1_000_000)
        async with httpx.AsyncClient(transport=transport, trust_env=False) as client:
            with pytest.raises(RefusedAnswer, match="exceeds 1000000 bytes"):
                await client.get(f"{there.origin}/v1")
    assert BODY_MAX_BYTES == 64 << 20


async def test_the_name_is_shown_and_checked_though_the_address_is_called(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    shown: list[str | None] = []
    served = authority.served(host="vendor.test")
    served.sni_callback = lambda _, name, __: shown.append(name)
    trusting = tls_context(str(authority.file))
    async with vendor(answers, tls=served) as there:
        there.host = "vendor.test"
        named = VendorTransport(Resolver(LISTED, lookup=_known("127.0.0.1")), tls=trusting)
        assert await _ask(named, there) == b"{}"
        assert shown == ["vendor.test"]
        assert there.asked[0].headers["host"] == f"vendor.test:{there.port}"
        there.host = "127.0.0.1"
        with pytest.raises(httpx.ConnectError, match="certificate"):
            await _ask(VendorTransport(Resolver(LISTED), tls=trusting), there)


async def test_every_request_has_a_connection_of_its_own() -> None:
    async with vendor(answers) as there:
        transport = SafeTransport(Resolver(LISTED), tls=TLS)
        async with httpx.AsyncClient(transport=transport, trust_env=False) as client:
            for _ in range(3):
                assert (await client.post(f"{there.origin}/v1", content=b"{}")).content == b"{}"
        assert len(there.links) == 3


async def test_a_call_goes_through_the_operators_proxy(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    served = authority.served()
    async with vendor(answers, tls=served) as there, proxy() as between:
        url = between.url.replace("//", "//user:word@")
        through = VendorTransport(
            Resolver(LISTED), tls=tls_context(str(authority.file)), proxy_url=url
        )
        assert await _ask(through, there) == b"{}"
        (head,) = between.heads
        assert head.startswith(f"CONNECT 127.0.0.1:{there.port} HTTP/1.1\r\n")
        assert "Basic dXNlcjp3b3Jk" in head
        assert "s3cret" not in head


async def test_a_proxy_nobody_listed_is_not_connected_to() -> None:
    async with vendor(answers) as there:
        with pytest.raises(RefusedAddress, match="not public"):
            await _ask(_transport(proxy_url="http://10.0.0.1:3128"), there)


async def test_the_mock_answers_without_a_network() -> None:
    body = b'{"model":"mock-echo","messages":[{"role":"user","content":"hi"}]}'
    call = _call("mock:/v1/chat/completions", body=body)
    async with configured_transport().open(call, origin="mock:") as answer:
        assert answer.status == 200
        assert b'"hi"' in await answer.whole()


async def test_a_mock_that_hangs_times_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("providers.transport.CALL_S", 0.05)
    body = b'{"model":"mock-echo;ttft_ms=60000","messages":[{"role":"user","content":"hi"}]}'
    call = _call("mock:/v1/chat/completions", body=body)
    with pytest.raises(httpx.ReadTimeout):
        async with configured_transport().open(call, origin="mock:") as answer:
            await answer.whole()


async def test_the_system_knows_its_own_name() -> None:
    assert ip_address("127.0.0.1") in await system_lookup("localhost")


async def test_names_that_are_asked_for_at_once_are_looked_up_once() -> None:
    asked: list[str] = []
    go_on = asyncio.Event()

    async def lookup(host: str) -> tuple[Address, ...]:
        asked.append(host)
        await go_on.wait()
        return (ip_address("127.0.0.1"),)

    resolver = Resolver(LISTED, lookup=lookup)
    place = LISTED.check_url("http://vendor.test:8000/")
    first, *others = [asyncio.ensure_future(resolver.addresses(place)) for _ in range(5)]
    await asyncio.sleep(0)
    first.cancel()
    go_on.set()
    assert await asyncio.gather(*others) == [(ip_address("127.0.0.1"),)] * 4
    assert asked == ["vendor.test"]
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_what_was_looked_up_is_not_kept_without_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("providers.resolver.NAMES_MAX", 2)
    asked: list[str] = []

    async def lookup(host: str) -> tuple[Address, ...]:
        asked.append(host)
        return (ip_address("8.8.8.8"),)

    policy = AddressPolicy()
    resolver = Resolver(policy, lookup=lookup)
    for name in ("a", "b", "c", "a"):
        await resolver.addresses(policy.check_url(f"https://{name}.example/"))
    assert asked == ["a.example", "b.example", "c.example", "a.example"]
