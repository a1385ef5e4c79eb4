"""A provider that is bound to its credential, against a transport that only remembers."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import msgspec
import pytest
from msgspec import structs

from providers.adapters.base import UpstreamCall
from providers.adapters.bound import Answer, CallFailed
from providers.adapters.registry import ADAPTERS, create
from providers.secrets import Secret
from providers.specs import CredentialSpec, ProviderSpec, Quirks

CREDENTIAL = CredentialSpec(id="c", name="primary", kind="api_key")
BODY = b'{"model":"m","messages":[]}'


class Said:
    def __init__(self, status: int, pieces: tuple[bytes, ...]) -> None:
        self.status = status
        self.headers: Mapping[str, str] = {"content-type": "application/json"}
        self._pieces = pieces

    async def pieces(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece

    async def whole(self) -> bytes:
        return b"".join(self._pieces)


class Remembers:
    def __init__(self, status: int, *pieces: bytes) -> None:
        self._said = Said(status, pieces)
        self.calls: list[tuple[UpstreamCall, str]] = []

    @asynccontextmanager
    async def open(self, call: UpstreamCall, *, origin: str) -> AsyncIterator[Answer]:
        self.calls.append((call, origin))
        yield self._said


def spec(kind: str, base_url: str = "") -> ProviderSpec:
    return ProviderSpec(id="p", slug="p", name="P", kind=kind, base_url=base_url)


@pytest.mark.parametrize(
    ("kind", "url", "header"),
    [
        (
            "openai",
            "https://api.openai.com/v1/chat/completions",
            ("authorization", "Bearer s3cret-key"),
        ),
        ("anthropic", "https://api.anthropic.com/v1/messages", ("x-api-key", "s3cret-key")),
    ],
)
async def test_a_chat_goes_where_the_kind_has_it_with_the_key(
    kind: str, url: str, header: tuple[str, str]
) -> None:
    transport = Remembers(200, b'{"id":"x"}')
    bound = create(spec(kind), transport, credential=CREDENTIAL, secret=Secret("s3cret-key"))
    reply = await bound.chat_completion(BODY)
    assert reply.ok
    assert (reply.status, reply.body) == (200, b'{"id":"x"}')
    ((call, origin),) = transport.calls
    assert (call.url, call.body, call.stream) == (url, BODY, False)
    assert header in call.headers
    assert origin == ADAPTERS[kind].default_base_url


async def test_a_stream_is_handed_on_as_it_comes() -> None:
    transport = Remembers(200, b"data: 1\n\n", b"data: 2\n\n")
    bound = create(spec("openai_compatible", "https://a.example/v1"), transport)
    got = [piece async for piece in bound.stream_chat_completion(BODY)]
    assert got == [b"data: 1\n\n", b"data: 2\n\n"]
    assert transport.calls[0][0].stream
    assert transport.calls[0][1] == "https://a.example/v1"


async def test_a_stream_that_is_an_error_says_what_kind() -> None:
    transport = Remembers(429, b'{"error":{"message":"slower"}}')
    bound = create(spec("openai_compatible", "https://a.example/v1"), transport)
    with pytest.raises(CallFailed, match="slower") as failed:
        [piece async for piece in bound.stream_chat_completion(BODY)]
    assert failed.value.reply.verdict.cls == "rate_limited"


async def test_models_are_listed_and_an_error_says_its_status() -> None:
    transport = Remembers(200, b'{"data":[{"id":"m-1"}]}')
    bound = create(spec("openai"), transport, credential=CREDENTIAL, secret=Secret("k"))
    assert [model.name for model in await bound.get_model_list()] == ["m-1"]
    failing = create(spec("openai"), Remembers(500, b""))
    with pytest.raises(CallFailed) as failed:
        await failing.get_model_list()
    assert str(failed.value)
    assert failed.value.reply.verdict.cls == "server_error"


@pytest.mark.parametrize(
    ("kind", "field"), [("openai", "max_completion_tokens"), ("anthropic", "max_tokens")]
)
async def test_health_with_a_model_costs_one_token(kind: str, field: str) -> None:
    transport = Remembers(200, b"{}")
    bound = create(spec(kind), transport)
    assert (await bound.health_check(model="m")).ok
    asked = msgspec.json.decode(transport.calls[0][0].body)
    assert (asked["model"], asked[field]) == ("m", 1)
    assert (await bound.health_check()).status == 200
    assert transport.calls[1][0].method == "GET"


async def test_the_one_token_is_asked_for_by_the_name_a_vendor_knows() -> None:
    transport = Remembers(200, b"{}")
    odd = ProviderSpec(
        id="p", slug="p", name="P", kind="openai", quirks=Quirks(max_tokens_field="max_new_tokens")
    )
    await create(odd, transport).health_check(model="m")
    assert msgspec.json.decode(transport.calls[0][0].body)["max_new_tokens"] == 1


async def test_a_surface_is_called_where_it_is_whatever_the_base_url() -> None:
    transport = Remembers(200, b'{"data":[]}')
    elsewhere = ADAPTERS["openai"].surfaces("https://eu.vendor.test/v1")
    provider = structs.replace(spec("openai", "https://vendor.test/v1"), surfaces=elsewhere)
    bound = create(provider, transport, credential=CREDENTIAL, secret=Secret("s3cret-key"))

    await bound.health_check()
    await bound.chat_completion(BODY)

    assert [(call.url, origin) for call, origin in transport.calls] == [
        ("https://eu.vendor.test/v1/models", "https://eu.vendor.test/v1"),
        ("https://eu.vendor.test/v1/chat/completions", "https://eu.vendor.test/v1"),
    ]


async def test_where_the_path_names_the_model_the_body_is_asked_for_it() -> None:
    transport = Remembers(200, b"{}")
    bound = create(spec("gemini"), transport, credential=CREDENTIAL, secret=Secret("s3cret-key"))
    await bound.chat_completion(b'{"model":"gemini-2.5-pro","contents":[]}')
    await bound.health_check(model="gemini-2.5-flash")
    (chat, _), (ping, _) = transport.calls
    assert chat.url.endswith("/v1beta/models/gemini-2.5-pro:generateContent")
    assert chat.body == b'{"contents":[]}'
    assert ping.url.endswith("/v1beta/models/gemini-2.5-flash:generateContent")
    assert msgspec.json.decode(ping.body) == {
        "contents": [{"role": "user", "parts": [{"text": "ping"}]}],
        "generationConfig": {"maxOutputTokens": 1},
    }
