"""vLLM, TGI, Ollama and every vendor that took over OpenAI's paths."""

from providers.adapters.openai import OpenAI


class OpenAICompatible(OpenAI):
    kind = "openai_compatible"
    credential_kinds = ("api_key", "header", "none")
    default_base_url = ""
