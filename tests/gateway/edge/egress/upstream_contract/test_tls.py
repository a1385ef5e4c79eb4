"""Whom a connection may be made to (F-48)."""

import asyncio
import ssl
import warnings
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from gateway.edge.egress.upstream import ConnectFailed, Upstream
from providers.addresses import Address
from providers.resolver import tls_context
from tests.faults.bounds import FACTOR
from tests.gateway.edge.egress.upstream_contract.certificates import Authority
from tests.gateway.edge.egress.upstream_contract.conftest import Build, ask, call_to, until, within
from tests.gateway.edge.egress.upstream_contract.vendor import (
    STREAM,
    Behaviour,
    answers,
    chunk,
    goes_silent,
    is_silent,
    pours,
    vendor,
)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def upstream(build: Build, authority: Authority) -> Upstream:
    return build(tls=tls_context(str(authority.file)))


async def test_a_certificate_of_a_trusted_authority_is_accepted(
    upstream: Upstream, authority: Authority
) -> None:
    async with vendor(answers, tls=authority.served()) as there:
        for _ in range(5):
            assert await ask(upstream, there) == b"{}"
        assert len(there.links) == 1


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"days": -1}, "expired"),
        ({"host": "127.0.0.2"}, "mismatch"),
        ({"host": "other.example"}, "mismatch"),
        ({"self_signed": True}, "self-signed|self signed"),
    ],
    ids=["expired", "another address", "another name", "self-signed"],
)
async def test_a_wrong_certificate_is_refused(
    upstream: Upstream, authority: Authority, wrong: dict[str, Any], why: str
) -> None:
    served = authority.served(named="wrong", **wrong)
    async with vendor(answers, tls=served) as there:
        with pytest.raises(ConnectFailed, match=why) as refused:
            await ask(upstream, there)
        assert not refused.value.sent
        assert not there.asked


async def test_an_authority_nobody_trusts_is_refused(build: Build, authority: Authority) -> None:
    async with vendor(answers, tls=authority.served()) as there:
        with pytest.raises(ConnectFailed, match="certificate"):
            await ask(build(), there)
        assert not there.asked


def _old(served: ssl.SSLContext) -> ssl.SSLContext:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        served.minimum_version = ssl.TLSVersion.TLSv1
        served.maximum_version = ssl.TLSVersion.TLSv1_1
    served.set_ciphers("ALL:@SECLEVEL=0")
    return served


async def test_tls_before_1_2_is_refused(upstream: Upstream, authority: Authority) -> None:
    async with vendor(answers, tls=_old(authority.served(named="old"))) as there:
        with pytest.raises(ConnectFailed):
            await ask(upstream, there)
        # That server does serve whoever still speaks so.
        lax = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        lax.check_hostname = False
        lax.verify_mode = ssl.CERT_NONE
        _, writer = await asyncio.open_connection("127.0.0.1", there.port, ssl=_old(lax))
        assert writer.get_extra_info("ssl_object").version() in {"TLSv1", "TLSv1.1"}
        writer.close()
        assert not there.asked


async def test_a_name_is_shown_and_checked_though_the_address_is_called(
    build: Build, authority: Authority
) -> None:
    shown: list[str | None] = []
    served = authority.served(host="vendor.test", named="named")
    served.sni_callback = lambda _, name, __: shown.append(name)

    async def loopback(_: str) -> tuple[Address, ...]:
        return (ip_address("127.0.0.1"),)

    upstream = build(tls=tls_context(str(authority.file)), lookup=loopback)
    async with vendor(answers, tls=served) as there:
        named = f"https://vendor.test:{there.port}"
        call = call_to(there)
        call = type(call)(method="POST", url=f"{named}/v1", headers=(), body=b"{}")
        answer = await upstream.send(call, origin=named, deadlines=within())
        assert await answer.whole() == b"{}"
        assert shown == ["vendor.test"]
        assert there.asked[0].headers["host"] == f"vendor.test:{there.port}"


async def test_a_reader_that_goes_on_gets_every_byte_of_a_secure_stream(
    upstream: Upstream, authority: Authority
) -> None:
    piece = chunk(bytes(65_536))
    async with vendor(pours(STREAM, piece, pieces=100), tls=authority.served()) as there:
        answer = await upstream.send(call_to(there), origin=there.origin, deadlines=within())
        taken = 0
        while taken < 6_553_600:
            taken += len(await answer.read())
            await asyncio.sleep(0.0005)
        answer.abort()


@pytest.mark.parametrize("behaviour", [is_silent, goes_silent], ids=["headers", "body"])
async def test_a_cancelled_call_closes_its_secure_socket_at_once(
    upstream: Upstream, authority: Authority, behaviour: Behaviour
) -> None:
    async def going() -> None:
        answer = await upstream.send(call_to(there), origin=there.origin, deadlines=within())
        await answer.read()
        await answer.read()

    async with vendor(behaviour, tls=authority.served()) as there:
        task = asyncio.ensure_future(going())
        await until(lambda: len(there.asked) == 1, within_s=FACTOR)
        await asyncio.sleep(0.02)
        task.cancel()
        await asyncio.wait_for(there.links[0].closed.wait(), 0.1 * FACTOR)
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_a_bundle_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        tls_context(str(tmp_path / "absent.pem"))
