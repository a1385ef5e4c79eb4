"""Whether a provider can be used, step by step."""

import asyncio
from ipaddress import ip_network
from pathlib import Path
from typing import Final

import httpx
import msgspec
import pytest

from providers.adapters.base import UnreadableModels
from providers.adapters.bound import CallFailed
from providers.addresses import Address, AddressPolicy, RefusedAddress
from providers.probing import Report, Step, check_health, fetch_models, try_connection
from providers.resolver import Lookup, Resolver, system_lookup, tls_context
from providers.secrets import Secret
from providers.specs import CredentialSpec, ProviderSpec
from providers.transport import VendorTransport, configured_transport
from tests.faults.bounds import FACTOR
from tests.gateway.edge.egress.upstream_contract.certificates import Authority
from tests.gateway.edge.egress.upstream_contract.test_proxies import proxy
from tests.gateway.edge.egress.upstream_contract.vendor import (
    Behaviour,
    Link,
    Vendor,
    is_silent,
    vendor,
)

KEY: Final = "sk-live-0123456789abcdef"
LISTED: Final = AddressPolicy(
    allow=(ip_network("127.0.0.1/32"),), http_hosts=frozenset({"127.0.0.1", "vendor.test"})
)
TLS: Final = tls_context()
CREDENTIAL: Final = CredentialSpec(id="c", name="primary", kind="api_key")
MODELS: Final = {"object": "list", "data": [{"id": "m-1", "object": "model"}, {"id": "m-2"}]}
CHAT: Final = {"id": "x", "choices": [{"message": {"content": "p"}}]}


def says(status: int, value: object) -> bytes:
    body = value if isinstance(value, bytes) else msgspec.json.encode(value)
    head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return head.encode() + b"\r\n\r\n" + body


def api(
    *, models: bytes = says(200, MODELS), chat: bytes = says(200, CHAT), key: str = KEY
) -> Behaviour:
    """An API of OpenAI's kind, with one key."""

    async def behave(link: Link) -> None:
        while True:
            asked = await link.request()
            if key and asked.headers.get("authorization") != f"Bearer {key}":
                said = asked.headers.get("authorization", "none")
                await link.send(says(401, {"error": {"message": f"Incorrect API key: {said}"}}))
            elif asked.line.startswith("GET /v1/models "):
                await link.send(models)
            else:
                await link.send(chat)

    return behave


def spec(there: Vendor, **fields: object) -> ProviderSpec:
    given = {"kind": "openai_compatible", "base_url": f"{there.origin}/v1", **fields}
    return ProviderSpec(id="p", slug="p", name="P", **given)  # type: ignore[arg-type]


def transport(*, policy: AddressPolicy = LISTED, lookup: Lookup = system_lookup) -> VendorTransport:
    return VendorTransport(Resolver(policy, lookup=lookup), tls=TLS)


async def tried(there: Vendor, *, key: str = KEY, model: str = "", **fields: object) -> Report:
    return await try_connection(
        spec(there, **fields),
        transport=transport(),
        credential=CREDENTIAL,
        secret=Secret(key),
        model=model,
    )


def outcome(report: Report) -> dict[str, bool | None]:
    return {step.name: step.ok for step in report.steps}


def step_of(report: Report, name: str) -> Step:
    return next(step for step in report.steps if step.name == name)


async def test_a_provider_that_works_passes_every_step() -> None:
    async with vendor(api()) as there:
        report = await tried(there, model="m-1")
        assert report.ok
        assert outcome(report) == {
            "dns": True,
            "tcp": True,
            "tls": None,
            "auth": True,
            "models": True,
            "completion": True,
        }
        assert report.status == 200
        assert [model.name for model in report.models] == ["m-1", "m-2"]
        assert all(step.ms is not None for step in report.steps if step.ok)
        asked = msgspec.json.decode(there.asked[-1].body)
        assert asked["model"] == "m-1"
        assert asked["max_tokens"] == 1


async def test_without_a_model_no_completion_is_tried() -> None:
    async with vendor(api()) as there:
        report = await tried(there)
        assert report.ok
        assert step_of(report, "completion").ok is None
        assert [asked.line.split()[0] for asked in there.asked] == ["GET"]


async def test_a_wrong_key_fails_at_auth_and_is_not_shown() -> None:
    async with vendor(api()) as there:
        report = await tried(there, key="sk-wrong-0123456789", model="m-1")
        assert not report.ok
        assert outcome(report)["auth"] is False
        assert outcome(report)["models"] is None
        assert outcome(report)["completion"] is None
        assert "not accepted" in step_of(report, "auth").hint
        assert report.status == 401
        assert "Incorrect API key" in report.body
        assert "sk-wrong" not in report.body


async def test_what_a_vendor_shows_of_any_key_is_hidden_and_short() -> None:
    shown = b"key sk-proj-ABCDEFGHIJKLMNOP Bearer abc.def eyJhbGciOiJIUzI1NiJ9.x " + b"y" * 9_000
    async with vendor(api(models=says(500, shown))) as there:
        report = await tried(there)
        assert "ABCDEFGH" not in report.body
        assert "abc.def" not in report.body
        assert "eyJhbGci" not in report.body
        assert len(report.body) == 2_048
        assert step_of(report, "models").ok is False
        assert "failed by itself" in step_of(report, "models").hint


async def test_a_key_in_the_spelling_of_an_address_is_hidden_too() -> None:
    key = "s3cret+and/odd=0123"
    repeated = says(500, {"error": {"message": "no key=s3cret%2Band%2Fodd%3D0123"}})
    async with vendor(api(models=repeated, key=key)) as there:
        report = await tried(there, key=key)
        assert "no key=***" in report.body


async def test_of_a_long_list_a_part_is_shown() -> None:
    listed = says(200, {"data": [{"id": f"m-{number}"} for number in range(2_001)]})
    async with vendor(api(models=listed)) as there:
        report = await tried(there)
        assert step_of(report, "models").detail == "2001 models"
        assert len(report.models) == 2_000


async def test_an_account_without_credit_is_told_from_a_wrong_key() -> None:
    broke = says(429, {"error": {"code": "insufficient_quota", "message": "no credit"}})
    async with vendor(api(chat=broke)) as there:
        report = await tried(there, model="m-1")
        assert outcome(report)["auth"] is True
        assert outcome(report)["completion"] is False
        assert "no credit left" in step_of(report, "completion").hint


async def test_a_vendor_without_a_list_passes_by_its_completion() -> None:
    async with vendor(api(models=says(404, {"error": {"message": "no"}}))) as there:
        report = await tried(there, model="m-1")
        assert report.ok
        assert outcome(report)["models"] is None
        assert outcome(report)["completion"] is True


@pytest.mark.parametrize("models", [says(404, b"not here"), says(200, b"<html>"), says(200, {})])
async def test_without_a_list_or_a_model_nothing_is_proven(models: bytes) -> None:
    async with vendor(api(models=models)) as there:
        report = await tried(there)
        assert not report.ok
        assert outcome(report)["models"] is False
        assert "base URL" in step_of(report, "models").hint


async def test_a_key_may_be_refused_where_the_list_is_public() -> None:
    async def public_list(link: Link) -> None:
        while True:
            asked = await link.request()
            listed = asked.line.startswith("GET")
            await link.send(says(200, MODELS) if listed else says(401, {"error": {}}))

    async with vendor(public_list) as there:
        report = await tried(there, model="m-1")
        assert outcome(report)["auth"] is False
        assert outcome(report)["models"] is True
        assert outcome(report)["completion"] is None


async def test_a_provider_without_a_key_needs_none() -> None:
    async with vendor(api(key="")) as there:
        report = await try_connection(spec(there), transport=transport(), model="m-1")
        assert report.ok
        assert outcome(report)["auth"] is None
    async with vendor(api()) as there:
        report = await try_connection(spec(there), transport=transport())
        assert outcome(report)["auth"] is False


async def test_openai_is_asked_by_its_newer_name_and_quirks_win() -> None:
    async with vendor(api()) as there:
        await tried(there, model="m-1", kind="openai")
        assert msgspec.json.decode(there.asked[-1].body)["max_completion_tokens"] == 1
        quirks = type(spec(there).quirks)(max_tokens_field="max_new_tokens")
        await tried(there, model="m-1", kind="openai", quirks=quirks)
        assert msgspec.json.decode(there.asked[-1].body)["max_new_tokens"] == 1


async def test_a_name_nobody_knows_fails_at_dns() -> None:
    async def unknown(_: str) -> tuple[Address, ...]:
        raise OSError(-2, "Name or service not known")

    there = Vendor(scheme="http", host="vendor.test", port=8000)
    report = await try_connection(spec(there), transport=transport(lookup=unknown))
    assert outcome(report) == {
        "dns": False,
        "tcp": None,
        "tls": None,
        "auth": None,
        "models": None,
        "completion": None,
    }
    assert step_of(report, "dns").detail == "Name or service not known"
    assert report.status is None


async def test_a_port_nobody_listens_at_fails_at_tcp() -> None:
    async with vendor(api()) as there:
        pass
    report = await tried(there)
    assert outcome(report)["dns"] is True
    assert outcome(report)["tcp"] is False
    assert "Nothing listens" in step_of(report, "tcp").hint


async def test_tls_is_a_step_of_its_own(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    trusting = VendorTransport(Resolver(LISTED), tls=tls_context(str(authority.file)))
    async with vendor(api(key=""), tls=authority.served()) as there:
        report = await try_connection(spec(there), transport=trusting)
        assert report.ok
        assert step_of(report, "tls").detail == "TLSv1.3"
        report = await tried(there)
        assert outcome(report)["tls"] is False
        assert "certificate" in step_of(report, "tls").detail
        assert "EGRESS_CA_BUNDLE" in step_of(report, "tls").hint
        assert outcome(report)["auth"] is None


async def test_what_speaks_no_http_fails_with_a_hint() -> None:
    async def rubbish(link: Link) -> None:
        await link.request()
        await link.send(b"SSH-2.0-OpenSSH\r\n")

    async with vendor(rubbish) as there:
        report = await tried(there)
        assert outcome(report)["models"] is False
        assert "not an API of this kind" in step_of(report, "models").hint


async def test_a_key_with_strange_letters_is_told() -> None:
    async with vendor(api()) as there:
        report = await tried(there, key="schlüssel")
        assert "not plain ASCII" in step_of(report, "models").detail
        assert "letters" in step_of(report, "models").hint
        assert not there.asked


async def test_a_vendor_that_says_nothing_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("providers.probing.TEST_S", 0.2)
    async with vendor(is_silent) as there:
        async with asyncio.timeout(FACTOR):
            report = await tried(there)
        assert outcome(report)["models"] is False
        assert "no answer within" in step_of(report, "models").detail


async def test_an_address_that_is_not_allowed_is_told_for_its_field() -> None:
    async with vendor(api()) as there:
        with pytest.raises(RefusedAddress, match="http is not allowed"):
            await try_connection(spec(there), transport=transport(policy=AddressPolicy()))
        assert not there.links


async def test_behind_a_proxy_the_first_steps_are_the_proxys(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    async with vendor(api(key=""), tls=authority.served()) as there, proxy() as between:
        through = VendorTransport(
            Resolver(LISTED), tls=tls_context(str(authority.file)), proxy_url=between.url
        )
        report = await try_connection(spec(there), transport=through)
        assert report.ok
        assert outcome(report)["tcp"] is None
        assert outcome(report)["models"] is True


async def test_the_mock_works_without_a_network() -> None:
    mock = ProviderSpec(id="m", slug="mock", name="Mock", kind="mock")
    report = await try_connection(mock, transport=configured_transport(), model="mock-echo")
    assert report.ok
    assert outcome(report)["dns"] is None
    assert outcome(report)["completion"] is True
    assert "mock-echo" in [model.name for model in report.models]


async def test_models_are_fetched_or_the_reason_is_told() -> None:
    async with vendor(api()) as there:
        found = await fetch_models(
            spec(there), transport=transport(), credential=CREDENTIAL, secret=Secret(KEY)
        )
        assert [model.name for model in found] == ["m-1", "m-2"]
        with pytest.raises(CallFailed, match="Incorrect") as failed:
            await fetch_models(spec(there), transport=transport())
        assert failed.value.reply.verdict.cls == "auth"
    async with vendor(api(models=says(200, b"[1"), key="")) as there:
        with pytest.raises(UnreadableModels):
            await fetch_models(spec(there), transport=transport())
    with pytest.raises(httpx.ConnectError):
        await fetch_models(spec(there), transport=transport())


async def test_health_is_told_by_the_list_or_by_one_token() -> None:
    async with vendor(api(key="")) as there:
        assert (await check_health(spec(there), transport=transport())).ok
        assert (await check_health(spec(there), transport=transport(), model="m-1")).ok
        assert [asked.line.split()[0] for asked in there.asked] == ["GET", "POST"]
    async with vendor(api(models=says(503, {"error": {}}), key="")) as there:
        reply = await check_health(spec(there), transport=transport())
        assert not reply.ok
        assert reply.verdict.cls == "overloaded"
