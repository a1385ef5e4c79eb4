"""The mock provider as a kind of back-end: no key, no network, every dialect."""

from typing import Final

from providers.adapters.base import DiscoveredModel
from providers.adapters.json_api import JsonApi
from providers.adapters.mock.serving import KEPT_PATHS, MODELS_PATH, PATHS
from providers.adapters.model_lists import openai_models
from providers.adapters.verdicts import EITHER
from providers.specs import Surface

KEEPS: Final = "openai.responses"


class Mock(JsonApi):
    kind = "mock"
    credential_kinds: tuple[str, ...] = ("none",)
    default_base_url = "mock:"
    client_headers = frozenset({"anthropic-version", "anthropic-beta", "openai-beta"})
    errors = EITHER
    models_path = MODELS_PATH

    def surfaces(self, base_url: str) -> tuple[Surface, ...]:
        dialects = dict.fromkeys(dialect for dialect, _ in PATHS.values())
        return tuple(
            Surface(
                dialect=dialect,
                base_url=base_url,
                paths={what: path for path, (spoken, what) in PATHS.items() if spoken == dialect}
                | (KEPT_PATHS if dialect == KEEPS else {}),
            )
            for dialect in dialects
        )

    def models(self, body: bytes) -> tuple[DiscoveredModel, ...]:
        return openai_models(body)
