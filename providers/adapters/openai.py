"""OpenAI."""

from providers.adapters.base import DiscoveredModel
from providers.adapters.json_api import JsonApi
from providers.adapters.model_lists import openai_models
from providers.adapters.verdicts import OPENAI
from providers.specs import Surface


class OpenAI(JsonApi):
    kind = "openai"
    credential_kinds: tuple[str, ...] = ("api_key",)
    default_base_url = "https://api.openai.com/v1"
    client_headers = frozenset({"openai-beta"})
    errors = OPENAI
    models_path = "/models"

    def surfaces(self, base_url: str) -> tuple[Surface, ...]:
        return (
            Surface(dialect="openai.chat", base_url=base_url, paths={"chat": "/chat/completions"}),
            Surface(
                dialect="openai.responses",
                base_url=base_url,
                paths={"chat": "/responses", "count_tokens": "/responses/input_tokens"},
            ),
            Surface(
                dialect="openai.embeddings", base_url=base_url, paths={"embeddings": "/embeddings"}
            ),
        )

    def models(self, body: bytes) -> tuple[DiscoveredModel, ...]:
        return openai_models(body)
