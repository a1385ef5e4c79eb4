"""vLLM, TGI, Ollama and every vendor that took over OpenAI's paths."""

from providers.adapters.openai import OpenAI
from providers.specs import Surface


class OpenAICompatible(OpenAI):
    kind = "openai_compatible"
    credential_kinds = ("api_key", "header", "none")
    default_base_url = ""

    def surfaces(self, base_url: str) -> tuple[Surface, ...]:
        # Few of them know more than Chat.
        known = super().surfaces(base_url)
        return tuple(surface for surface in known if surface.dialect != "openai.responses")
