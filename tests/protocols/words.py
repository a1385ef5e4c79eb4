"""Of what the dialects' objects are made: their keys, and the words that stand behind some."""

from typing import Final

NAMES: Final = (
    *("messages", "model", "role", "content", "type", "text", "system", "stream", "error"),
    *("tool", "function", "tools", "name", "id", "input", "tool_calls", "arguments", "index"),
    *("image_url", "url", "source", "data", "thinking", "signature", "usage", "delta"),
    *("tool_use_id", "citations", "cache_control", "ttl", "choices", "message", "refusal"),
    *("tool_choice", "stop", "n", "metadata", "file", "input_audio", "output_config", "format"),
    *("response_format", "finish_reason", "logprobs", "annotations", "reasoning_content"),
    *("reasoning", "reasoning_details", "custom", "audio", "stop_reason", "content_block"),
    *("partial_json", "prompt_tokens", "completion_tokens", "total_tokens", "input_tokens"),
    *("output", "item", "item_id", "output_index", "content_index", "summary", "call_id"),
    *("response", "status", "incomplete_details", "encrypted_content", "part", "instructions"),
    *("candidates", "parts", "contents", "functionCall", "functionResponse", "args", "thought"),
    *("thoughtSignature", "inlineData", "mimeType", "fileData", "fileUri", "finishReason"),
    *("usageMetadata", "promptTokenCount", "promptFeedback", "blockReason", "generationConfig"),
    *("thinkingConfig", "functionDeclarations", "toolConfig", "groundingMetadata"),
    *("contentBlockIndex", "start", "toolUse", "toolUseId", "toolResult", "reasoningContent"),
    *("stopReason", "inputTokens", "outputTokens", "cachePoint", "document", "bytes", "json"),
    *("toolSpec", "inputSchema", "inferenceConfig", "additionalModelRequestFields", "image"),
    *("=part", "=finish_reason", "=parameters", "=functions", "=reasoning", "=stop", "=url"),
    *("reasoningText", "redactedContent", "citationsContent", "guardContent", "message_id"),
)
WORDS: Final = (
    *("text", "user", "assistant", "system", "tool", "function", "custom", "base64", "auto"),
    *("tool_use", "tool_result", "thinking", "redacted_thinking", "document", "image_url"),
    *("ephemeral", "json_schema", "char_location", "model", "stop", "tool_calls", "length"),
    *("message_start", "content_block_start", "content_block_delta", "content_block_stop"),
    *("message_delta", "message_stop", "text_delta", "input_json_delta", "thinking_delta"),
    *("signature_delta", "citations_delta", "error", "ping", "end_turn", "server_tool_use"),
    *("response.created", "response.output_item.added", "response.output_item.done"),
    *("response.output_text.delta", "response.function_call_arguments.delta"),
    *("response.reasoning_summary_text.delta", "response.completed", "response.failed"),
    *("response.content_part.added", "message", "function_call", "function_call_output"),
    *("input_text", "output_text", "custom_tool_call", "completed", "incomplete", "reasoning"),
    *("STOP", "MAX_TOKENS", "AUDIO", "png", "us.anthropic"),
)
