"""Destinations as the attempt stage makes them."""

from protocols.codec import Target
from providers.adapters.base import Adapter, Destination
from providers.adapters.registry import ADAPTERS
from providers.specs import CredentialSpec, ProviderSpec, TargetSpec


class Shown:
    """A secret as adapters see it."""

    def __init__(self, value: str | bytes) -> None:
        self._value = value if isinstance(value, bytes) else value.encode()

    def reveal(self) -> bytes:
        return self._value


API_KEY = CredentialSpec(id="c1", name="primary", kind="api_key")
NONE = CredentialSpec(id="c2", name="open", kind="none")
TARGET = TargetSpec(
    id="t1",
    upstream_name="gpt-4o",
    public_name="gpt-4o",
    target=Target(model="gpt-4o", vendor="openai"),
)


def provider(adapter: Adapter, base_url: str = "", **fields: object) -> ProviderSpec:
    surfaces = adapter.surfaces(base_url or adapter.default_base_url)
    return ProviderSpec(id="p1", slug="p", name="P", kind=adapter.kind, surfaces=surfaces, **fields)  # type: ignore[arg-type]


def destination(
    kind: str,
    *,
    dialect: str = "",
    base_url: str = "",
    credential: CredentialSpec = API_KEY,
    secret: str | bytes | None = "sk-secret",
    headers: dict[str, str] | None = None,
) -> Destination:
    spec = provider(ADAPTERS[kind], base_url, headers=headers or {})
    return Destination(
        provider=spec,
        target=TARGET,
        surface=next(s for s in spec.surfaces if not dialect or s.dialect == dialect),
        credential=credential,
        secret=None if secret is None else Shown(secret),
    )
