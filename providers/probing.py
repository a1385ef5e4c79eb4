"""Whether a provider can be used with a credential, step by step, and which models it has.

Laws: every call goes through `providers.transport`; all of a test is over within TEST_S; what is
shown of a vendor's answer is short and holds no secret; where a call may not go is no step that
failed but RefusedAddress, for the field it stands in.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from time import monotonic
from typing import Final, Literal, NoReturn, TypeAlias, TypeVar
from urllib.parse import quote

import httpx
from msgspec import Struct

from providers.adapters.base import (
    DiscoveredModel,
    Revealable,
    UnreadableModels,
    UpstreamCall,
    VerdictClass,
)
from providers.adapters.bound import NO_CREDENTIAL, Answer, CallFailed, IProvider, Reply
from providers.adapters.headers import HeaderRefused
from providers.adapters.registry import ADAPTERS, create
from providers.addresses import Place
from providers.specs import CredentialSpec, ProviderSpec
from providers.transport import MOCK, VendorTransport

TEST_S: Final = 15.0
SHOWN: Final = 2_048
READ_BYTES: Final = 65_536  # of an answer, before a part of it is shown
MOST_MODELS: Final = 2_000  # shown of a list
HIDDEN: Final = "***"
# What looks like a key, whoever's it is.
KEYS: Final = re.compile(
    r"\b(?:sk|pk|rk|gsk|xai|sy|key|AIza|AKIA|ASIA|eyJ)[A-Za-z0-9_-]{8,}[A-Za-z0-9_.*-]*"
    r"|(?i:\bbearer\s+)[^\s\"',]+"
)
OUTCOMES: Final[Mapping[VerdictClass, str]] = {
    "auth": "The key is not accepted: check that it is whole, and of this vendor and region.",
    "quota": "The key is accepted, but its account has no credit left.",
    "rate_limited": "The key is accepted, but asked too often just now: try again later.",
    "overloaded": "The vendor is overloaded: try again later.",
    "server_error": "The vendor failed by itself: try again later.",
    "model_missing": "The vendor does not know what was asked for: check the base URL and the"
    " name of the model.",
    "client_error": "The vendor did not understand the request: check the kind and the base URL.",
    "protocol_error": "What answers there is not an API of this kind: check the base URL.",
}  # fmt: skip
# What a vendor says only to those whose key it has accepted.
KEY_ACCEPTED: Final[frozenset[VerdictClass]] = frozenset({"ok", "quota", "rate_limited"})
# How vendors answer who list no models.
UNLISTED: Final[frozenset[VerdictClass]] = frozenset({"model_missing", "client_error"})

Said = TypeVar("Said")
StepName: TypeAlias = Literal["dns", "tcp", "tls", "auth", "models", "completion"]
STEPS: Final[tuple[StepName, ...]] = ("dns", "tcp", "tls", "auth", "models", "completion")


class Step(Struct, kw_only=True):
    name: StepName
    ok: bool | None = None  # None: not tried
    ms: int | None = None
    detail: str = ""
    hint: str = ""


class Report(Struct, frozen=True, kw_only=True):
    ok: bool
    steps: tuple[Step, ...]
    status: int | None  # of the vendor's last answer
    body: str  # its beginning, without secrets
    models: tuple[DiscoveredModel, ...]


class StepFailed(Exception):
    """Nothing after it needs to be tried."""


async def try_connection(
    provider: ProviderSpec,
    *,
    transport: VendorTransport,
    credential: CredentialSpec = NO_CREDENTIAL,
    secret: Revealable | None = None,
    model: str = "",
) -> Report:
    """RefusedAddress where the provider's address is not allowed."""
    probe = _Probe(provider, transport, credential=credential, secret=secret)
    with suppress(StepFailed):
        async with probe.watched(TEST_S):
            await probe.reach()
            await probe.list_models(needed=not model)
            if model:
                await probe.complete(model)
    return probe.report()


async def fetch_models(
    provider: ProviderSpec,
    *,
    transport: VendorTransport,
    credential: CredentialSpec = NO_CREDENTIAL,
    secret: Revealable | None = None,
) -> Sequence[DiscoveredModel]:
    """CallFailed, UnreadableModels, httpx.TransportError, RefusedAddress or TimeoutError."""
    async with asyncio.timeout(TEST_S):
        bound = create(provider, transport, credential=credential, secret=secret)
        return await bound.get_model_list()


async def check_health(
    provider: ProviderSpec,
    *,
    transport: VendorTransport,
    credential: CredentialSpec = NO_CREDENTIAL,
    secret: Revealable | None = None,
    model: str = "",
) -> Reply:
    """By one token of the model, else by the list of models; raises as `fetch_models` does."""
    async with asyncio.timeout(TEST_S):
        bound = create(provider, transport, credential=credential, secret=secret)
        return await bound.health_check(model=model)


class _Witness:
    """Passes calls on, and remembers the last answer."""

    def __init__(self, transport: VendorTransport) -> None:
        self._transport = transport
        self.answer: Answer | None = None

    @asynccontextmanager
    async def open(self, call: UpstreamCall, *, origin: str) -> AsyncIterator[Answer]:
        async with self._transport.open(call, origin=origin) as answer:
            self.answer = answer
            yield answer


class _Probe:
    def __init__(
        self,
        provider: ProviderSpec,
        transport: VendorTransport,
        *,
        credential: CredentialSpec,
        secret: Revealable | None,
    ) -> None:
        self._base_url = provider.base_url or ADAPTERS[provider.kind].default_base_url
        self._transport = transport
        self._witness = _Witness(transport)
        self._keyless = credential.kind == "none"
        self._secret = "" if secret is None else secret.reveal().decode("utf-8", "replace")
        self._steps = {name: Step(name=name) for name in STEPS}
        self._models: tuple[DiscoveredModel, ...] = ()
        self._body = b""
        self._current = self._steps["dns"]
        self._bound: IProvider = create(
            provider, self._witness, credential=credential, secret=secret
        )

    @asynccontextmanager
    async def watched(self, seconds: float) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(seconds):
                yield
        except TimeoutError:
            self._fail(f"no answer within {seconds:.0f} s", "Nothing answers there in time.")

    @asynccontextmanager
    async def _step(self, name: StepName) -> AsyncIterator[Step]:
        step = self._current = self._steps[name]
        began = monotonic()
        try:
            yield step
            step.ok = step.ok is not False
        finally:
            step.ms = round((monotonic() - began) * 1_000)
            key = self._steps["auth"]
            if key.ok is not None and key.ms is None:
                key.ms = step.ms

    def _fail(self, detail: str, hint: str) -> NoReturn:
        step = self._current
        step.ok, step.detail, step.hint = False, self._shown(detail), hint
        raise StepFailed

    def report(self) -> Report:
        answer = self._witness.answer
        return Report(
            ok=all(step.ok is not False for step in self._steps.values()),
            steps=tuple(self._steps.values()),
            status=None if answer is None else answer.status,
            body=self._shown(self._body[:READ_BYTES].decode("utf-8", "replace"))[:SHOWN],
            models=self._models[:MOST_MODELS],
        )

    # --- the way there -----------------------------------------------------------------------

    async def reach(self) -> None:
        if self._base_url.startswith(MOCK) or self._transport.proxy is not None:
            return
        resolver = self._transport.resolver
        place = resolver.policy.check_url(self._base_url)
        async with self._step("dns") as step:
            try:
                addresses = await resolver.addresses(place)
            except OSError as error:
                self._fail(str(error.strerror), "Check how the host is spelled.")
            step.detail = f"{len(addresses)} addresses" if len(addresses) > 1 else "1 address"
        await self._connect(place, str(addresses[0]))

    async def _connect(self, place: Place, address: str) -> None:
        async with self._step("tcp"):
            try:
                _, writer = await asyncio.open_connection(address, place.port)
            except OSError as error:
                self._fail(
                    error.strerror or str(error), "Nothing listens there: check host and port."
                )
        try:
            if place.scheme == "https":
                await self._secure(place, writer)
        finally:
            writer.transport.abort()

    async def _secure(self, place: Place, writer: asyncio.StreamWriter) -> None:
        async with self._step("tls") as step:
            try:
                await writer.start_tls(self._transport.tls, server_hostname=place.host)
            except OSError as error:
                self._fail(
                    getattr(error, "verify_message", "") or error.strerror or str(error),
                    "The certificate or the version of TLS is not accepted; one's own authority"
                    " goes into EGRESS_CA_BUNDLE.",
                )
            step.detail = writer.get_extra_info("ssl_object").version()

    # --- what it says ------------------------------------------------------------------------

    async def list_models(self, *, needed: bool) -> None:
        """Not every vendor lists its models; where one of them is tried next, that is no harm."""
        async with self._step("models") as step:
            try:
                self._models = tuple(await self._asked(self._bound.get_model_list()))
                step.detail = f"{len(self._models)} models"
                self._know_key(ok=True)
            except UnreadableModels as error:
                step.ok, step.detail, step.hint = False, str(error), OUTCOMES["protocol_error"]
            except CallFailed as failed:
                self._judge(failed.reply)
                if failed.reply.verdict.cls not in UNLISTED:
                    raise StepFailed from None
        if needed and not step.ok:
            raise StepFailed

    async def complete(self, model: str) -> None:
        async with self._step("completion") as step:
            reply = await self._asked(self._bound.health_check(model=model))
            self._judge(reply)
        listed = self._steps["models"]
        if step.ok and not listed.ok:
            listed.ok, listed.hint = None, ""

    async def _asked(self, asking: Awaitable[Said]) -> Said:
        try:
            return await asking
        except httpx.HTTPError as error:
            self._fail(str(error) or type(error).__name__, OUTCOMES["protocol_error"])
        except HeaderRefused as error:
            self._fail(str(error), "Check the key for letters that do not belong to it.")

    def _judge(self, reply: Reply) -> None:
        self._body = reply.body
        step, verdict = self._current, reply.verdict
        step.detail = f"status {reply.status}"
        if verdict.cls in KEY_ACCEPTED:
            self._know_key(ok=True)
        if not reply.ok:
            step.ok = False
            step.hint = OUTCOMES.get(verdict.cls, OUTCOMES["protocol_error"])
        if verdict.cls == "auth":
            self._know_key(ok=False)
            # What could not be asked has not failed.
            step.ok, step.hint = None, ""
            raise StepFailed

    def _know_key(self, *, ok: bool) -> None:
        step = self._steps["auth"]
        if not self._keyless or not ok:
            step.ok = ok
            step.detail = "accepted" if ok else "refused"
            step.hint = "" if ok else OUTCOMES["auth"]

    def _shown(self, text: str) -> str:
        if self._secret:
            for spelled in (self._secret, quote(self._secret, safe="")):
                text = text.replace(spelled, HIDDEN)
        return KEYS.sub(HIDDEN, text)
