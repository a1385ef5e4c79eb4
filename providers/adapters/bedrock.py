"""Amazon Bedrock with a signature or with an API key of its own: Converse for every model, and
Claude's own Messages in the envelope that Bedrock carries them in."""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from msgspec.structs import replace

from protocols.anthropic_messages.envelopes import counted, enclosed
from providers.adapters.base import (
    Destination,
    DiscoveredModel,
    Revealable,
    UpstreamCall,
    Verdict,
)
from providers.adapters.headers import HeaderRefused, secret_value
from providers.adapters.json_api import Headers, JsonApi
from providers.adapters.model_lists import bedrock_models
from providers.adapters.sigv4 import (
    PAIR_FORM,
    AwsKeys,
    Signable,
    keys_of,
    signing_headers,
)
from providers.adapters.verdicts import BEDROCK, verdict_of
from providers.pricebook import GEO
from providers.specs import CredentialSpec, ProviderSpec, Surface

SIGNED: Final = "aws_keys"
# The region is in the name of the host; who has names of his own says it beside.
HOST: Final = re.compile(
    r"bedrock(?P<runtime>-runtime)?(?:-fips)?\.(?P<region>[a-z]{2}(?:-[a-z]+)+-\d)"
    r"\.(?:amazonaws\.com(?:\.cn)?|api\.aws)"
)
USUAL_REGION: Final = "us-east-1"
ERROR_TYPE: Final = "x-amzn-errortype"
COUNT_PATH: Final = "/model/{model}/count-tokens"
ENVELOPE_VERSION: Final = "bedrock-2023-05-31"
# The one version after it, and the oldest Claude that Bedrock serves under it.
MODERN_VERSION: Final = "2026-10-21"
OLDEST_MODERN: Final = (4, 7)
CLAUDE: Final = re.compile(r"claude-[a-z]+-(?P<major>\d+)(?:-(?P<minor>\d{1,2}))?(?![0-9])")


class Bedrock(JsonApi):
    kind = "bedrock"
    credential_kinds: tuple[str, ...] = (SIGNED, "api_key")
    default_base_url = f"https://bedrock-runtime.{USUAL_REGION}.amazonaws.com"
    client_headers = frozenset[str]()
    errors = BEDROCK
    models_path = "/foundation-models"
    stream_type = "application/vnd.amazon.eventstream"

    def surfaces(self, base_url: str) -> tuple[Surface, ...]:
        return (
            Surface(
                dialect="bedrock.converse",
                base_url=base_url,
                paths={
                    "chat": "/model/{model}/converse",
                    "chat_stream": "/model/{model}/converse-stream",
                    "count_tokens": COUNT_PATH,
                },
            ),
            Surface(
                dialect="anthropic.messages",
                base_url=base_url,
                paths={
                    "chat": "/model/{model}/invoke",
                    "chat_stream": "/model/{model}/invoke-with-response-stream",
                    "count_tokens": COUNT_PATH,
                },
                envelope="bedrock",
            ),
        )

    def call(
        self,
        destination: Destination,
        *,
        operation: str,
        body: bytes,
        headers: Mapping[str, str],
        stream: bool,
    ) -> UpstreamCall:
        counts = operation == "count_tokens"
        if destination.surface.envelope is not None:
            model = destination.target.upstream_name
            version = _version(model, headers.get("anthropic-version"))
            body = enclosed(body, version=version, betas=headers.get("anthropic-beta", ""))
            body = counted(body) if counts else body
        if counts:
            # A model is counted for wherever it runs: names of inference profiles are unknown.
            target = destination.target
            name = GEO.sub("", target.upstream_name)
            destination = replace(destination, target=replace(target, upstream_name=name))
        call = super().call(
            destination, operation=operation, body=body, headers=headers, stream=stream
        )
        return _signed(
            call,
            destination.provider,
            destination.credential,
            destination.secret,
            now=destination.now,
        )

    def verdict(self, status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
        """The kind of an error is in a header, before the address of its description."""
        kind = headers.get(ERROR_TYPE, "").partition(":")[0]
        return verdict_of(status, headers, body, table=self.errors, kind=kind)

    def models_call(
        self,
        *,
        provider: ProviderSpec,
        credential: CredentialSpec,
        secret: Revealable | None,
        now: float = 0.0,
    ) -> UpstreamCall:
        call = super().models_call(provider=provider, credential=credential, secret=secret, now=now)
        return _signed(call, provider, credential, secret, now=now)

    def models_base_url(self, provider: ProviderSpec) -> str:
        """Models are listed by another host than the one that runs them."""
        base_url = super().models_base_url(provider)
        parts = urlsplit(base_url)
        found = HOST.fullmatch(parts.netloc)
        if found is None or found["runtime"] is None:
            return base_url
        host = parts.netloc.replace(found["runtime"], "", 1)
        return parts._replace(netloc=host).geturl()

    def models(self, body: bytes) -> tuple[DiscoveredModel, ...]:
        return bedrock_models(body)

    def _auth(self, credential: CredentialSpec, secret: Revealable | None) -> Headers:
        """A signature is made of the whole call."""
        return () if credential.kind == SIGNED else super()._auth(credential, secret)


def _version(model: str, said: str | None) -> str:
    found = CLAUDE.search(model)
    if said != MODERN_VERSION or found is None:
        return ENVELOPE_VERSION
    is_modern = (int(found["major"]), int(found["minor"] or 0)) >= OLDEST_MODERN
    return MODERN_VERSION if is_modern else ENVELOPE_VERSION


def _signed(
    call: UpstreamCall,
    provider: ProviderSpec,
    credential: CredentialSpec,
    secret: Revealable | None,
    *,
    now: float,
) -> UpstreamCall:
    if credential.kind != SIGNED:
        return call
    parts = urlsplit(call.url)
    typed = {name: value for name, value in call.headers if name == "content-type"}
    request = Signable(
        method=call.method,
        path=parts.path,
        query=parts.query,
        headers={**typed, "host": parts.netloc},
        payload=call.body,
    )
    region = _region(parts.netloc, provider)
    added = signing_headers(request, keys=_keys(secret), region=region, now=now)
    return replace(call, headers=(*call.headers, *added))


def _keys(secret: Revealable | None) -> AwsKeys:
    keys = keys_of(secret_value("authorization", secret))
    if keys is None:
        raise HeaderRefused(f"the credential is no pair of AWS keys; expected {PAIR_FORM}")
    return keys


def _region(host: str, provider: ProviderSpec) -> str:
    found = HOST.fullmatch(host)
    return found["region"] if found else provider.region or USUAL_REGION
