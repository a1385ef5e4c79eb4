"""What every installation begins with: a back-end that answers without a key or a network.

Law: nobody made it, so no audit row tells it, as with tenant `default`; what happens to it later is
told as with any other.
"""

from typing import Final

from accounts.tenancy import platform_scope
from providers.adapters.mock.knobs import MODELS, operations_of
from providers.kinds import MOCK
from providers.models import Credential, Provider, UpstreamModel
from providers.ownership import owned_by
from providers.services.announcing import announce_provider

CHAT: Final = "chat"
CONTEXT_WINDOW: Final = 128_000
THINKING: Final = "mock-thinking"


def provide_mock() -> bool:
    """Once: an operator may change or archive it, and it stays that way. True when it was made."""
    with platform_scope("the mock provider of every installation"):
        if Provider.objects.filter(owned_by(None), slug=MOCK).exists():
            return False
        row = Provider.objects.create(
            slug=MOCK,
            name="Mock",
            kind=MOCK,
            base_url="mock:",
            health_mode=Provider.HealthMode.PASSIVE,
            # Knobs stand in the name: mock-echo;fail=503.
            allow_unlisted_models=True,
        )
        Credential.objects.create(provider=row, name="none", kind=Credential.Kind.NONE)
        UpstreamModel.objects.bulk_create(_model(name, provider=row) for name in MODELS)
        announce_provider(row)
    return True


def _model(name: str, *, provider: Provider) -> UpstreamModel:
    operations = operations_of(name)
    return UpstreamModel(
        provider=provider,
        upstream_name=name,
        public_name=name,
        operations=sorted(operations),
        context_window=CONTEXT_WINDOW if CHAT in operations else None,
        capabilities={"reasoning": True} if name == THINKING else {},
        source=UpstreamModel.Source.SEEDED,
    )
