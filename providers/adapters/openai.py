"""OpenAI."""

from collections.abc import Mapping
from typing import Final

from providers.adapters.base import DiscoveredModel
from providers.adapters.json_api import JsonApi
from providers.adapters.model_lists import openai_models
from providers.adapters.verdicts import OPENAI
from providers.specs import Surface

# What has no dialect of its own here and is passed on.
PASSED_PATHS: Final[Mapping[str, str]] = {
    "completions": "/completions",
    "moderations": "/moderations",
    "rerank": "/rerank",
    "images": "/images/generations",
    "image_edits": "/images/edits",
    "speech": "/audio/speech",
    "transcriptions": "/audio/transcriptions",
    "translations": "/audio/translations",
}
RESPONSES_PATHS: Final = {
    "chat": "/responses",
    "count_tokens": "/responses/input_tokens",
    "compact": "/responses/compact",
    "retrieve_response": "/responses/{answer}",
    "delete_response": "/responses/{answer}",
    "list_input_items": "/responses/{answer}/input_items",
    "cancel_response": "/responses/{answer}/cancel",
}


class OpenAI(JsonApi):
    kind = "openai"
    credential_kinds: tuple[str, ...] = ("api_key",)
    default_base_url = "https://api.openai.com/v1"
    client_headers = frozenset({"openai-beta"})
    errors = OPENAI
    models_path = "/models"

    def surfaces(self, base_url: str) -> tuple[Surface, ...]:
        return (
            Surface(
                dialect="openai.chat",
                base_url=base_url,
                paths={"chat": "/chat/completions", **PASSED_PATHS},
            ),
            Surface(
                dialect="openai.responses",
                base_url=base_url,
                paths=RESPONSES_PATHS,
            ),
            Surface(
                dialect="openai.embeddings", base_url=base_url, paths={"embeddings": "/embeddings"}
            ),
        )

    def models(self, body: bytes) -> tuple[DiscoveredModel, ...]:
        return openai_models(body)
