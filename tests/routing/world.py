"""Providers, targets and aliases as the data plane sees them."""

from typing import Any

from protocols.codec import Target
from providers.specs import ProviderSpec, Surface, TargetSpec
from routing.names import Names
from routing.specs import AliasSpec, RoutingSpec

NOW = 1_000_000.0
ACME = "11111111-1111-7111-8111-111111111111"
BOLT = "22222222-2222-7222-8222-222222222222"
CHAT_SURFACE = Surface(
    dialect="openai.chat", base_url="https://vendor.example/v1", paths={"chat": "/chat/completions"}
)
EMBEDDINGS_SURFACE = Surface(
    dialect="openai.embeddings",
    base_url="https://vendor.example/v1",
    paths={"embeddings": "/embeddings"},
)
MESSAGES_SURFACE = Surface(
    dialect="anthropic.messages",
    base_url="https://claude.example",
    paths={"chat": "/v1/messages", "count_tokens": "/v1/messages/count_tokens"},
)


def target(name: str, *, upstream: str = "", **fields: Any) -> TargetSpec:
    return TargetSpec(
        id=f"model-{name}",
        upstream_name=upstream or name,
        public_name=name,
        target=Target(model=upstream or name, vendor="somebody"),
        **fields,
    )


def provider(slug: str, *targets: TargetSpec, **fields: Any) -> ProviderSpec:
    given: dict[str, Any] = {
        "id": f"provider-{slug}",
        "kind": "openai",
        "surfaces": (CHAT_SURFACE, EMBEDDINGS_SURFACE),
        **fields,
    }
    return ProviderSpec(slug=slug, name=slug.title(), targets=targets, **given)


def alias(name: str, to: str, **fields: Any) -> AliasSpec:
    return AliasSpec(id=f"alias-{name}", name=name, to=to, **fields)


def names(
    *providers: ProviderSpec,
    aliases: tuple[AliasSpec, ...] = (),
    defaults: dict[str | None, str] | None = None,
) -> Names:
    settings = {
        owner: RoutingSpec(tenant_id=owner, default_model=model)
        for owner, model in (defaults or {}).items()
    }
    owners = {row.tenant_id for row in providers} | {row.tenant_id for row in aliases}
    return Names().renewed(
        owners={*owners, *settings}, providers=providers, aliases=aliases, settings=settings
    )


def resolved(index: Names, reference: str, *, tenant: str = ACME, now: float = NOW) -> list[str]:
    return [
        f"{match.provider.slug}:{match.target.upstream_name}"
        for match in index.resolve(reference, tenant_id=tenant, now=now)
    ]
