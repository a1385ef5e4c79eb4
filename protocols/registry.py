"""Every dialect, once."""

from collections.abc import Mapping
from typing import Final

from protocols.anthropic_messages.native import AnthropicMessages
from protocols.ir import Dialect
from protocols.native import NativeDialect
from protocols.openai_chat.native import OpenAiChat
from protocols.openai_embeddings.native import OpenAiEmbeddings

NATIVE: Final[Mapping[Dialect, NativeDialect]] = {
    "openai.chat": OpenAiChat(),
    "openai.embeddings": OpenAiEmbeddings(),
    "anthropic.messages": AnthropicMessages(),
}
