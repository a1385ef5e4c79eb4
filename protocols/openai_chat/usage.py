"""What a Chat answer says about tokens, as OpenAI and those compatible with it say it."""

from msgspec import Raw

from protocols import ir
from protocols.lenient import an_object, as_object, whole


def read_usage(raw: Raw) -> ir.Usage | None:
    """None where it says nothing; numbers are the vendor's, be they wrong."""
    said = an_object(raw)
    if not said:
        return None
    prompt = as_object(said.get("prompt_tokens_details"))
    completion = as_object(said.get("completion_tokens_details"))
    written = whole(prompt.get("cache_write_tokens"))
    reasoning = _first(completion.get("reasoning_tokens"), said.get("reasoning_tokens"))
    return ir.Usage(
        input_tokens=whole(said.get("prompt_tokens")),
        cache_read_tokens=_first(
            prompt.get("cached_tokens"),
            said.get("prompt_cache_hit_tokens"),  # DeepSeek
            said.get("cached_tokens"),  # Moonshot
        ),
        cache_write_tokens=None if written is None else {"30m": written},
        input_audio_tokens=whole(prompt.get("audio_tokens")),
        input_image_tokens=whole(prompt.get("image_tokens")),
        output_tokens=_output(said, reasoning),
        reasoning_tokens=reasoning,
        output_audio_tokens=whole(completion.get("audio_tokens")),
        output_image_tokens=whole(completion.get("image_tokens")),
        raw=raw.copy(),
    )


def _output(said: dict[str, object], reasoning: int | None) -> int | None:
    visible = whole(said.get("completion_tokens"))
    prompt, total = whole(said.get("prompt_tokens")), whole(said.get("total_tokens"))
    # xAI leaves reasoning out of the completion, and has it in the total only.
    if (
        visible is not None
        and prompt is not None
        and reasoning
        and total == prompt + visible + reasoning
    ):
        return visible + reasoning
    return visible


def _first(*values: object) -> int | None:
    return next((number for number in map(whole, values) if number is not None), None)
