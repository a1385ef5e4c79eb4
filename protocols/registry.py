"""Every dialect, once."""

from collections.abc import Mapping
from typing import Final

from protocols.anthropic_messages.codec import MessagesCodec, MessagesUpstream
from protocols.anthropic_messages.native import AnthropicMessages
from protocols.codec import ClientCodec, EmbeddingsCodec, UpstreamCodec
from protocols.ir import Dialect
from protocols.native import NativeDialect
from protocols.openai_chat.codec import ChatCodec
from protocols.openai_chat.native import OpenAiChat
from protocols.openai_embeddings.codec import OpenAiEmbeddingsCodec
from protocols.openai_embeddings.native import OpenAiEmbeddings

NATIVE: Final[Mapping[Dialect, NativeDialect]] = {
    "openai.chat": OpenAiChat(),
    "openai.embeddings": OpenAiEmbeddings(),
    "anthropic.messages": AnthropicMessages(),
}
CLIENT_CODECS: Final[Mapping[Dialect, ClientCodec]] = {
    "openai.chat": ChatCodec(),
    "anthropic.messages": MessagesCodec(),
}
UPSTREAM_CODECS: Final[Mapping[Dialect, UpstreamCodec]] = {
    "anthropic.messages": MessagesUpstream(),
}
EMBEDDINGS_CODECS: Final[Mapping[Dialect, EmbeddingsCodec]] = {
    "openai.embeddings": OpenAiEmbeddingsCodec(),
}
