"""What is used by operations that are passed on, and whether a price can say what that costs.

Laws: the vendor's words count; where it says nothing, what is known here does, as `estimate`; of
tokens and pieces only that is made up which the price knows; the rules are those that
docs/reference/dialects/passed.md tells.

    pictures        `n` of the request; in tokens, IMAGE_TOKENS each
    speech          a unit for each character of `input`; where the price has a rate of output, a
                    token for four of them, and SPOKEN_TOKENS of sound for each
    transcriptions  seconds, by subtitles or else by the size of the file; in tokens, ten each
    rerank          one search; in tokens, as all that is read: by letters
"""

import math
from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec.structs import replace

from gateway.edge.editing.forms import COUNT, FILE
from gateway.edge.exchange import Attempt, Exchange
from protocols.passed import IMAGES, SEARCHES, SECONDS, SUBTITLED
from providers.specs import PriceSpec
from providers.usage import LocalCount, UsageClasses, classes_of

BYTES_PER_TOKEN: Final = 4
IMAGE_TOKENS: Final = 1_056  # a square of 1024 of medium quality, by gpt-image-1
SPOKEN_TOKENS: Final = 1.4  # 1,250 tokens and 900 characters a minute
HEARD_TOKENS: Final = 10  # a second
FILE_BYTES_PER_SECOND: Final = 16_000  # MP3 of 128 kbit/s
MOST_PIECES: Final = 1_000_000_000
REQUESTS: Final = "requests"
SPEECH: Final = "speech"
# In which class each is billed where it is not by tokens.
PIECES: Final[Mapping[str, str]] = {
    "images": "images",
    "image_edits": "images",
    "transcriptions": "seconds",
    "translations": "seconds",
    "rerank": "web_search_calls",
}
SAID_AS: Final[Mapping[str, str]] = {
    "images": IMAGES,
    "seconds": SECONDS,
    "web_search_calls": SEARCHES,
}
OUTPUTS: Final = frozenset({"out_text", "out_audio"})
STRING: Final = msgspec.json.Decoder(str)


def is_priced_for(what: str, price: PriceSpec) -> bool:
    """Whether the row says what one of these costs."""
    return bool(price.rates) or REQUESTS in price.per_call or PIECES.get(what) in price.per_call


def asked_tokens(exchange: Exchange) -> int:
    """Of a request, before anything is known of its answer."""
    if exchange.form is None:
        return len(exchange.body) // BYTES_PER_TOKEN
    texts = (len(memoryview(raw)) for raw in exchange.top.values() if raw is not FILE)
    return sum(texts) // BYTES_PER_TOKEN


def used(exchange: Exchange, made: Attempt) -> UsageClasses:
    """Of an answer, be it whole, cut short or none."""
    usage, what = exchange.usage, exchange.arrival.operation.what
    price, name = _price(made), PIECES.get(what, "")
    is_by_piece = price is not None and name in price.per_call
    told = (usage.provider_tool_calls or {}).get(SAID_AS.get(name, ""))
    pieces = min(_pieces(exchange, name) if told is None else max(0, told), MOST_PIECES)
    if usage.input_tokens is not None or usage.output_tokens is not None:
        local = LocalCount(input_tokens=asked_tokens(exchange), output_tokens=0)
        window = made.candidate.target.context_window
        classes = classes_of(usage, local=local, context_window=window)
        pieces = pieces if is_by_piece else told or 0
    elif is_by_piece or (price is not None and not price.rates):
        classes = UsageClasses(source="estimate" if told is None else "provider", raw=usage.raw)
    else:
        classes = _in_tokens(exchange, price=price, pieces=pieces)
    if not name:
        return classes
    # Searches are never paid by tokens: beside them they would count as without a price.
    counts = is_by_piece or name != "web_search_calls"
    return replace(classes, **{name: pieces if counts else 0})


def _price(made: Attempt) -> PriceSpec | None:
    rating = made.rating
    return None if rating is None else rating.price or rating.own_price


def _in_tokens(exchange: Exchange, *, price: PriceSpec | None, pieces: int) -> UsageClasses:
    """Guessed, for a price of tokens."""
    what, asked = exchange.arrival.operation.what, asked_tokens(exchange)
    is_answered = exchange.delivered is not None
    if what == SPEECH:
        spoken = _characters(exchange)
        if price is None or OUTPUTS.isdisjoint(price.rates):
            return UsageClasses(in_fresh=spoken, source="estimate")
        asked = -(-spoken // BYTES_PER_TOKEN)
        sound = math.ceil(spoken * SPOKEN_TOKENS) if is_answered else 0
        return UsageClasses(in_fresh=asked, out_audio=sound, source="estimate")
    name = PIECES.get(what)
    if name == "images":
        pictures = pieces * IMAGE_TOKENS if is_answered else 0
        return UsageClasses(in_fresh=asked, out_image=pictures, source="estimate")
    if name == "seconds":
        letters = exchange.text_bytes or exchange.bytes_out
        written = -(-letters // BYTES_PER_TOKEN) if is_answered else 0
        return UsageClasses(
            in_fresh=asked, in_audio=pieces * HEARD_TOKENS, out_text=written, source="estimate"
        )
    return UsageClasses(in_fresh=asked, source="estimate")


def _pieces(exchange: Exchange, name: str) -> int:
    """As they were asked for."""
    if name == "images":
        return max(1, COUNT.decode(exchange.top.get("n", b"1")) or 1)
    if name == "seconds":
        subtitled = (exchange.usage.provider_tool_calls or {}).get(SUBTITLED)
        return _seconds_of_file(exchange) if subtitled is None else subtitled
    return 1


def _seconds_of_file(exchange: Exchange) -> int:
    parts = () if exchange.form is None else exchange.form.parts
    size = sum(part.end - part.start for part in parts if part.is_file)
    return -(-size // FILE_BYTES_PER_SECOND)


def _characters(exchange: Exchange) -> int:
    try:
        return len(STRING.decode(exchange.top.get("input", b'""')))
    except msgspec.DecodeError:
        return asked_tokens(exchange)
