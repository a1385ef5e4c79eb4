"""Where a call may go (F-61, F-62, F-63)."""

from ipaddress import ip_address, ip_network

import pytest

from gateway.edge.egress.upstream import AddressRefused, ConnectFailed, Upstream
from providers.adapters.base import UpstreamCall
from providers.addresses import Address, AddressPolicy
from tests.gateway.edge.egress.upstream_contract.conftest import HOSTS, Build, ask, within
from tests.gateway.edge.egress.upstream_contract.vendor import OK, answers, sends, vendor

CLOSING = OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")


def _to(url: str) -> UpstreamCall:
    return UpstreamCall(method="POST", url=url, headers=(("Authorization", "s3cret"),), body=b"{}")


async def _refused(upstream: Upstream, url: str, *, origin: str) -> AddressRefused:
    with pytest.raises(AddressRefused) as refused:
        await upstream.send(_to(url), origin=origin, deadlines=within())
    assert not refused.value.sent
    return refused.value


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://127.0.0.1:{port}/v1",
        "http://127.0.0.1:1/v1",
        "http://vendor.test:{port}/v1",
        "http://127.0.0.1.vendor.test:{port}/v1",
        "http://127.0.0.1:1@127.0.0.1:{port}/v1",
        "http://127.0.0.1:{port}@vendor.test/v1",
        "http://127.0.0.1:1#:{port}/v1",
        "http://127.0.0.1\\@vendor.test:{port}/v1",
        "http://127.0.0.1:{port}\r\nHost: vendor.test/v1",
        "http://2130706433:{port}/v1",
        "http://0x7f.1:{port}/v1",
        "http://[::ffff:127.0.0.1]:{port}/v1",
        "mock:",
        "",
    ],
)
async def test_a_credential_goes_to_its_own_origin_alone(
    upstream: Upstream, elsewhere: str
) -> None:
    async with vendor(answers) as there:
        url = elsewhere.replace("{port}", str(there.port))
        await _refused(upstream, url, origin=there.origin)
        assert not there.links


async def test_an_origin_may_be_written_as_any_url_of_it(upstream: Upstream) -> None:
    async with vendor(answers) as there:
        for origin in (there.origin, f"{there.origin}/", f"{there.origin}/v1/chat"):
            answer = await upstream.send(
                _to(f"{there.origin}/v1"), origin=origin, deadlines=within()
            )
            assert await answer.whole() == b"{}"


@pytest.mark.parametrize("origin", ["", "nonsense", "http://user@127.0.0.1"])
async def test_an_origin_that_cannot_be_read_allows_nothing(
    upstream: Upstream, origin: str
) -> None:
    async with vendor(answers) as there:
        await _refused(upstream, f"{there.origin}/v1", origin=origin)
        assert not there.links


async def test_a_private_address_is_not_connected_to(build: Build) -> None:
    async with vendor(answers) as there:
        policy = AddressPolicy(ports=frozenset({there.port}), http_hosts=HOSTS)
        refused = await _refused(build(policy=policy), f"{there.origin}/v1", origin=there.origin)
        assert "loopback" in str(refused)
        assert not there.links


async def test_a_name_with_one_private_address_is_not_connected_to(build: Build) -> None:
    async def both(_: str) -> tuple[Address, ...]:
        return ip_address("8.8.8.8"), ip_address("127.0.0.1")

    async with vendor(answers) as there:
        policy = AddressPolicy(ports=frozenset({there.port}), http_hosts=HOSTS)
        named = f"http://vendor.test:{there.port}"
        await _refused(build(policy=policy, lookup=both), f"{named}/v1", origin=named)
        assert not there.links


async def test_a_name_that_changes_its_address_leads_nowhere_else(build: Build) -> None:  # F-63
    looked_up = 0

    async def alternates(_: str) -> tuple[Address, ...]:
        nonlocal looked_up
        looked_up += 1
        return (ip_address("127.0.0.1" if looked_up % 2 else "127.0.0.9"),)

    listed = AddressPolicy(allow=(ip_network("127.0.0.1/32"),), http_hosts=HOSTS)
    async with (
        vendor(sends(CLOSING)) as there,
        vendor(answers, host="127.0.0.9", port=there.port) as private,
    ):
        named = f"http://vendor.test:{there.port}"
        for asked in range(1, 21):
            # A client of its own each time, for one remembers what it looked up.
            upstream = build(policy=listed, lookup=alternates)
            if looked_up % 2:
                await _refused(upstream, f"{named}/v1", origin=named)
            else:
                answer = await upstream.send(_to(f"{named}/v1"), origin=named, deadlines=within())
                assert await answer.whole() == b"{}"
            assert looked_up == asked
        assert len(there.links) == 10
        assert not private.links


async def test_a_redirect_inside_is_not_followed(build: Build, upstream: Upstream) -> None:
    async with vendor(answers, host="127.0.0.9") as private:
        said = f"HTTP/1.1 302 Found\r\nLocation: {private.origin}/\r\nContent-Length: 0\r\n\r\n"
        async with vendor(sends(said.encode())) as there:
            with pytest.raises(Exception, match="redirect"):
                await ask(upstream, there)
        assert not private.links


async def test_a_name_nobody_knows_is_told_as_not_sent(build: Build) -> None:
    async def unknown(_: str) -> tuple[Address, ...]:
        raise OSError(-2, "Name or service not known")

    named = "http://vendor.test:8000"
    with pytest.raises(ConnectFailed, match=r"vendor\.test: Name or service not known") as failed:
        await build(lookup=unknown).send(_to(f"{named}/v1"), origin=named, deadlines=within())
    assert not failed.value.sent


async def test_a_name_is_looked_up_once_for_all_who_ask(build: Build) -> None:
    looked_up = 0

    async def counts(_: str) -> tuple[Address, ...]:
        nonlocal looked_up
        looked_up += 1
        return (ip_address("127.0.0.1"),)

    upstream = build(lookup=counts)
    async with vendor(sends(CLOSING)) as there:
        named = f"http://vendor.test:{there.port}"
        for _ in range(5):
            answer = await upstream.send(_to(f"{named}/v1"), origin=named, deadlines=within())
            assert await answer.whole() == b"{}"
    assert looked_up == 1
