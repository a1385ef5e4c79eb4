"""What every installation begins with: a back-end that answers without a key or a network."""

from typing import Any, Final

from accounts.access import superadmin_access
from accounts.actors import SYSTEM
from accounts.tenancy import platform_scope
from providers.adapters.mock.knobs import EMBEDDING, MODELS
from providers.kinds import MOCK
from providers.models import Provider, UpstreamModel
from providers.ownership import owned_by
from providers.services.providers import create_provider

CHAT: Final = ["chat", "count_tokens"]
CONTEXT_WINDOW: Final = 128_000


def provide_mock() -> bool:
    """Once: an operator may change or archive it, and it stays that way. True when it was made."""
    with platform_scope("the mock provider of every installation"):
        if Provider.objects.filter(owned_by(None), slug=MOCK).exists():
            return False
        row = create_provider(actor=SYSTEM, access=superadmin_access(), fields=_mock())
        UpstreamModel.objects.filter(provider=row).update(source=UpstreamModel.Source.SEEDED)
    return True


def _mock() -> dict[str, Any]:
    chat = [
        {
            "upstream_name": name,
            "operations": CHAT,
            "context_window": CONTEXT_WINDOW,
            "capabilities": {"reasoning": name == "mock-thinking"},
        }
        for name in MODELS
        if name != EMBEDDING
    ]
    return {
        "slug": MOCK,
        "name": "Mock",
        "kind": MOCK,
        "platform": True,
        "health_mode": Provider.HealthMode.PASSIVE,
        "models": [*chat, {"upstream_name": EMBEDDING, "operations": ["embeddings"]}],
    }
