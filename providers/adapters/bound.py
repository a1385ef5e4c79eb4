"""A provider with one of its credentials, and what one may ask of it. Pure: the transport is given.

Laws: whoever wants something of a vendor outside the data plane asks here; bodies are in the
dialect of the provider's first surface that answers chats; a status of error is an answer too, and
says in its verdict what it means.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Final, Protocol

import msgspec
from msgspec import Struct

from protocols import ir
from protocols.codec import Target
from protocols.registry import UPSTREAM_CODECS
from providers.adapters.base import (
    Adapter,
    Destination,
    DiscoveredModel,
    Revealable,
    UpstreamCall,
    Verdict,
)
from providers.adapters.json_api import MODEL
from providers.specs import CredentialSpec, ProviderSpec, Surface, TargetSpec

NO_CREDENTIAL: Final = CredentialSpec(id="", name="", kind="none")
# Where the path names the model, callers say it in the body all the same.
NAMED: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
NAME: Final = "model"
# Whose shortest request is written here; that of others by their codec.
IN_WORDS: Final = frozenset({"openai.chat", "anthropic.messages"})
# OpenAI's newer models refuse the older name; its imitators know the older one alone.
NEWER_LIMIT_KINDS: Final = frozenset({"openai"})


class Answer(Protocol):
    status: int
    headers: Mapping[str, str]  # names in lower case

    def pieces(self) -> AsyncIterator[bytes]: ...

    async def whole(self) -> bytes: ...


class Transport(Protocol):
    def open(self, call: UpstreamCall, *, origin: str) -> AbstractAsyncContextManager[Answer]:
        """`origin` is the one the credential is bound to; a call elsewhere is refused."""
        ...


class Reply(Struct, frozen=True, kw_only=True):
    status: int
    headers: Mapping[str, str]
    body: bytes
    verdict: Verdict

    @property
    def ok(self) -> bool:
        return self.verdict.cls == "ok"


class CallFailed(Exception):
    """The vendor answered, and not with what was asked for."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.verdict.message or f"status {reply.status}")
        self.reply = reply


class IProvider(Protocol):
    async def chat_completion(self, body: bytes) -> Reply: ...

    def stream_chat_completion(self, body: bytes) -> AsyncIterator[bytes]:
        """The bytes as they come; CallFailed where the answer is an error."""
        ...

    async def get_model_list(self) -> Sequence[DiscoveredModel]:
        """CallFailed or UnreadableModels where there is none."""
        ...

    async def health_check(self, *, model: str = "") -> Reply:
        """By the list of models, which is free; with a model, by one token of it."""
        ...


class BoundProvider:
    def __init__(
        self,
        *,
        provider: ProviderSpec,
        adapter: Adapter,
        transport: Transport,
        credential: CredentialSpec,
        secret: Revealable | None,
        clock: Callable[[], float],
    ) -> None:
        """`clock`: seconds since 1970."""
        self._provider = provider
        self._adapter = adapter
        self._transport = transport
        self._credential = credential
        self._secret = secret
        self._clock = clock
        base_url = provider.base_url or adapter.default_base_url
        self._surfaces = provider.surfaces or adapter.surfaces(base_url)

    async def chat_completion(self, body: bytes) -> Reply:
        return await self._reply(self._chat(body, stream=False), origin=self._surface().base_url)

    async def stream_chat_completion(self, body: bytes) -> AsyncIterator[bytes]:
        call, origin = self._chat(body, stream=True), self._surface().base_url
        async with self._transport.open(call, origin=origin) as answer:
            if not 200 <= answer.status < 300:
                raise CallFailed(await self._read(answer))
            async for piece in answer.pieces():
                yield piece

    async def get_model_list(self) -> Sequence[DiscoveredModel]:
        reply = await self._models()
        if not reply.ok:
            raise CallFailed(reply)
        return self._adapter.models(reply.body)

    async def health_check(self, *, model: str = "") -> Reply:
        if not model:
            return await self._models()
        return await self.chat_completion(self._one_token(model))

    def _one_token(self, model: str) -> bytes:
        surface = self._surface()
        codec = None if surface.dialect in IN_WORDS else UPSTREAM_CODECS[surface.dialect]
        if codec is not None:
            ping = ir.Request(
                dialect="openai.chat",
                model=model,
                messages=(ir.Message(role="user", content=(ir.Text(text="ping"),)),),
                sampling=ir.Sampling(max_tokens=1),
            )
            body = codec.encode_request(ping, Target(model=model, vendor=""), "ping").body
            return msgspec.json.encode({NAME: model, **NAMED.decode(body)})
        limit = self._provider.quirks.max_tokens_field
        if not limit:
            newer = surface.dialect == "openai.chat" and self._adapter.kind in NEWER_LIMIT_KINDS
            limit = "max_completion_tokens" if newer else "max_tokens"
        said = {"model": model, "messages": [{"role": "user", "content": "ping"}], limit: 1}
        return msgspec.json.encode(said)

    def _surface(self) -> Surface:
        return next(surface for surface in self._surfaces if "chat" in surface.paths)

    def _chat(self, body: bytes, *, stream: bool) -> UpstreamCall:
        surface = self._surface()
        model = ""
        if MODEL in surface.paths["chat"]:
            said = NAMED.decode(body)
            model = msgspec.json.decode(said.pop(NAME, b'""'), type=str)
            body = msgspec.json.encode(said)
        destination = Destination(
            provider=self._provider,
            target=TargetSpec(
                id="", upstream_name=model, public_name="", target=Target(model=model, vendor="")
            ),
            surface=surface,
            credential=self._credential,
            secret=self._secret,
            now=self._clock(),
        )
        return self._adapter.call(
            destination, operation="chat", body=body, headers={}, stream=stream
        )

    async def _models(self) -> Reply:
        return await self._reply(
            self._adapter.models_call(
                provider=self._provider,
                credential=self._credential,
                secret=self._secret,
                now=self._clock(),
            ),
            origin=self._adapter.models_base_url(self._provider),
        )

    async def _reply(self, call: UpstreamCall, *, origin: str) -> Reply:
        async with self._transport.open(call, origin=origin) as answer:
            return await self._read(answer)

    async def _read(self, answer: Answer) -> Reply:
        body = await answer.whole()
        return Reply(
            status=answer.status,
            headers=answer.headers,
            body=body,
            verdict=self._adapter.verdict(answer.status, answer.headers, body),
        )
