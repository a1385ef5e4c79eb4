"""Kind to adapter, one line each."""

from collections.abc import Mapping
from typing import Final

from providers.adapters.anthropic import Anthropic
from providers.adapters.base import Adapter
from providers.adapters.mock import Mock
from providers.adapters.openai import OpenAI
from providers.adapters.openai_compatible import OpenAICompatible

ADAPTERS: Final[Mapping[str, Adapter]] = {
    adapter.kind: adapter for adapter in (OpenAI(), Anthropic(), OpenAICompatible(), Mock())
}
