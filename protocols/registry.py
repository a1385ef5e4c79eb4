"""Every dialect, once."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from protocols.anthropic_messages.codec import MessagesCodec, MessagesUpstream
from protocols.anthropic_messages.continuing import continued
from protocols.anthropic_messages.counting import MessagesCount
from protocols.anthropic_messages.native import AnthropicMessages
from protocols.bedrock_converse.codec import ConverseCodec, ConverseUpstream
from protocols.bedrock_converse.counting import ConverseCount
from protocols.bedrock_converse.native import BedrockConverse
from protocols.codec import (
    ClientCodec,
    CountCodec,
    EmbeddingsCodec,
    EmbeddingsUpstream,
    Target,
    UpstreamCodec,
)
from protocols.gemini_generate.codec import GenerateCodec, GenerateUpstream
from protocols.gemini_generate.counting import GenerateCount
from protocols.gemini_generate.embeddings import (
    GenerateEmbeddingsCodec,
    GenerateEmbeddingsUpstream,
)
from protocols.gemini_generate.native import GeminiGenerate
from protocols.ir import Content, Dialect
from protocols.native import NativeDialect
from protocols.openai_chat.codec import ChatCodec, ChatUpstream
from protocols.openai_chat.native import OpenAiChat
from protocols.openai_embeddings.codec import OpenAiEmbeddingsCodec
from protocols.openai_embeddings.native import OpenAiEmbeddings
from protocols.openai_embeddings.upstream import OpenAiEmbeddingsUpstream
from protocols.openai_responses.codec import ResponsesCodec, ResponsesUpstream
from protocols.openai_responses.counting import ResponsesCount
from protocols.openai_responses.native import OpenAiResponses
from protocols.passed import PassedAnswers

NATIVE: Final[Mapping[Dialect, NativeDialect]] = {
    "openai.chat": OpenAiChat(),
    "openai.responses": OpenAiResponses(),
    "openai.embeddings": OpenAiEmbeddings(),
    "anthropic.messages": AnthropicMessages(),
    "gemini.generate": GeminiGenerate(),
    "bedrock.converse": BedrockConverse(),
}
# Operations that are passed on, by their name in the rows of models.
PASSED: Final[Mapping[str, NativeDialect]] = {
    "completions": NATIVE["openai.chat"],
    **dict.fromkeys(("images", "image_edits"), PassedAnswers(pictures=True)),
    **dict.fromkeys(
        ("moderations", "rerank", "speech", "transcriptions", "translations"), PassedAnswers()
    ),
}
CLIENT_CODECS: Final[Mapping[Dialect, ClientCodec]] = {
    "openai.chat": ChatCodec(),
    "openai.responses": ResponsesCodec(),
    "anthropic.messages": MessagesCodec(),
    "gemini.generate": GenerateCodec(),
    "bedrock.converse": ConverseCodec(),
}
UPSTREAM_CODECS: Final[Mapping[Dialect, UpstreamCodec]] = {
    "openai.chat": ChatUpstream(),
    "openai.responses": ResponsesUpstream(),
    "anthropic.messages": MessagesUpstream(),
    "gemini.generate": GenerateUpstream(),
    "bedrock.converse": ConverseUpstream(),
}
# Vendors that pause in the midst of an answer: the same question, with as much as they have said.
CONTINUED: Final[Mapping[Dialect, Callable[[bytes, Sequence[Content], Target], bytes]]] = {
    "anthropic.messages": continued,
}
EMBEDDINGS_CODECS: Final[Mapping[Dialect, EmbeddingsCodec]] = {
    "openai.embeddings": OpenAiEmbeddingsCodec(),
    "gemini.generate": GenerateEmbeddingsCodec(),
}
EMBEDDINGS_UPSTREAM: Final[Mapping[Dialect, EmbeddingsUpstream]] = {
    "openai.embeddings": OpenAiEmbeddingsUpstream(),
    "gemini.generate": GenerateEmbeddingsUpstream(),
}
# Who says how many tokens a request has.
COUNT_CODECS: Final[Mapping[Dialect, CountCodec]] = {
    "openai.responses": ResponsesCount(),
    "anthropic.messages": MessagesCount(),
    "gemini.generate": GenerateCount(),
    "bedrock.converse": ConverseCount(),
}
