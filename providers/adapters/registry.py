"""Kind to adapter, one line each; and an adapter to one that is bound to its credential."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from providers.adapters.anthropic import Anthropic
from providers.adapters.base import Adapter, Revealable
from providers.adapters.bedrock import Bedrock
from providers.adapters.bound import NO_CREDENTIAL, BoundProvider, IProvider, Transport
from providers.adapters.gemini import Gemini
from providers.adapters.mock import Mock
from providers.adapters.openai import OpenAI
from providers.adapters.openai_compatible import OpenAICompatible
from providers.specs import CredentialSpec, ProviderSpec

ADAPTERS: Final[Mapping[str, Adapter]] = {
    adapter.kind: adapter
    for adapter in (OpenAI(), Anthropic(), Gemini(), Bedrock(), OpenAICompatible(), Mock())
}


def _wall() -> float:
    return datetime.now(UTC).timestamp()


def create(
    provider: ProviderSpec,
    transport: Transport,
    *,
    credential: CredentialSpec = NO_CREDENTIAL,
    secret: Revealable | None = None,
    clock: Callable[[], float] = _wall,
) -> IProvider:
    """`clock`: seconds since 1970."""
    return BoundProvider(
        provider=provider,
        adapter=ADAPTERS[provider.kind],
        transport=transport,
        credential=credential,
        secret=secret,
        clock=clock,
    )
