"""What the mock answers to operations that are passed on: pictures, sound, texts, verdicts. Pure.

Laws: as a vendor's, in form, and true: a picture can be opened, sound can be played, scores follow
from the texts; the same request has the same answer save id and time.
"""

import base64
import hashlib
import struct
import zlib
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

import msgspec
from msgspec import Struct

from protocols.errors import DecodeError
from protocols.lenient import an_object, whole, words
from protocols.multipart import FORM_DATA, read_form
from providers.adapters.mock.knobs import Knobs
from providers.adapters.mock.tokens import count, tokens

JSON: Final = "application/json"
EVENTS: Final = "text/event-stream; charset=utf-8"
DONE: Final = b"data: [DONE]\n\n"
TYPES: Final[Mapping[str, str]] = {
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "opus": "audio/ogg",
    "aac": "audio/aac",
    "flac": "audio/flac",
    "pcm": "audio/pcm",
}
# Silence of 26 ms: MPEG 1, layer III, 128 kbit/s, 44.1 kHz, mono.
FRAME: Final = b"\xff\xfb\x90\xc4" + bytes(413)
FRAMES_PER_TOKEN: Final = 8
SAMPLES_PER_TOKEN: Final = 4_800
RATE_HZ: Final = 24_000
TOKENS_PER_PICTURE: Final = 272
MOST_PICTURES: Final = 10
BYTES_PER_SECOND: Final = 16_000
TOKENS_PER_SECOND: Final = 10
BAD_WORDS: Final = frozenset({"attack", "hate", "kill", "violence"})


class Said(Struct, frozen=True):
    content_type: str
    pieces: tuple[bytes, ...]


class Question(Struct, frozen=True, kw_only=True):
    fields: Mapping[str, Any]  # of a form: texts, and files as bytes
    knobs: Knobs
    id: str
    created: int

    def text(self, name: str) -> str:
        return words(self.fields.get(name)) or ""

    @property
    def streams(self) -> bool:
        return self.fields.get("stream") in {True, "true"}

    @property
    def tells(self) -> bool:
        return self.knobs.usage != "missing"


Answering: TypeAlias = Callable[[Question], Said]


def read_fields(body: bytes, content_type: str) -> Mapping[str, Any]:
    """Raises DecodeError."""
    if not content_type.lower().startswith(FORM_DATA):
        fields = an_object(body)
        if not fields:
            raise DecodeError("", "the body is no JSON object")
        return fields
    form = read_form(content_type, body)
    values = ((part, body[part.start : part.end]) for part in form.parts)
    return {part.name: v if part.is_file else v.decode(errors="replace") for part, v in values}


def _completions(asked: Question) -> Said:
    text = asked.text("prompt")
    usage = {"prompt_tokens": count(text), "completion_tokens": count(text)}
    usage["total_tokens"] = sum(usage.values())
    head = {
        "id": f"cmpl-{asked.id}",
        "object": "text_completion",
        "created": asked.created,
        "model": asked.text("model"),
    }
    if not asked.streams:
        told = {"usage": usage} if asked.tells else {}
        return _json({**head, "choices": [_choice(text, "stop")], **told})
    chunks = [{**head, "choices": [_choice(token, None)]} for token in tokens(text)]
    chunks.append({**head, "choices": [_choice("", "stop")]})
    options = asked.fields.get("stream_options")
    if asked.tells and isinstance(options, dict) and options.get("include_usage"):
        chunks.append({**head, "choices": [], "usage": usage})
    return Said(EVENTS, (*map(_event, chunks), DONE))


def _choice(text: str, reason: str | None) -> dict[str, Any]:
    return {"index": 0, "text": text, "logprobs": None, "finish_reason": reason}


def _moderations(asked: Question) -> Said:
    said = asked.fields.get("input")
    texts = said if isinstance(said, list) else [said]
    found = [bool(BAD_WORDS & set(str(text).lower().split())) for text in texts]
    results = [
        {
            "flagged": flagged,
            "categories": {"violence": flagged},
            "category_scores": {"violence": float(flagged)},
            "category_applied_input_types": {"violence": ["text"]},
        }
        for flagged in found
    ]
    return _json({"id": f"modr-{asked.id}", "model": asked.text("model"), "results": results})


def _rerank(asked: Question) -> Said:
    listed = asked.fields.get("documents")
    documents = [str(each) for each in listed] if isinstance(listed, list) else []
    query = set(asked.text("query").lower().split())
    scores = [_alike(query, set(text.lower().split())) for text in documents]
    best = sorted(range(len(documents)), key=lambda index: -scores[index])
    most = whole(asked.fields.get("top_n"))
    results = [{"index": n, "relevance_score": scores[n]} for n in best[:most]]
    read = count(asked.text("query")) + sum(map(count, documents))
    told = {"usage": {"total_tokens": read}} if asked.tells else {}
    return _json({"id": asked.id, "model": asked.text("model"), "results": results, **told})


def _alike(one: set[str], other: set[str]) -> float:
    return round(len(one & other) / max(1, len(one | other)), 6)


def _images(asked: Question) -> Said:
    number = min(max(1, whole(_number(asked.fields.get("n"))) or 1), MOST_PICTURES)
    prompt = asked.text("prompt")
    pictures = [_picture(f"{prompt}\0{index}") for index in range(number)]
    read = count(prompt)
    written = TOKENS_PER_PICTURE * number
    usage = {
        "input_tokens": read,
        "input_tokens_details": {"text_tokens": read, "image_tokens": 0},
        "output_tokens": written,
        "total_tokens": read + written,
    }
    told = {"usage": usage} if asked.tells else {}
    if asked.streams:
        event = {"type": "image_generation.partial_image", "partial_image_index": 0}
        last = {"type": "image_generation.completed", "b64_json": pictures[0], **told}
        return Said(EVENTS, (_event({**event, "b64_json": pictures[0]}), _event(last)))
    data = [{"b64_json": picture} for picture in pictures]
    return _json({"created": asked.created, "data": data, **told})


def _number(value: object) -> object:
    return int(value) if isinstance(value, str) and value.isdigit() else value


def _picture(seed: str) -> str:
    """One pixel, of a colour that the text decides."""
    pixel = hashlib.sha256(seed.encode(errors="replace")).digest()[:3]
    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0" + pixel)), (b"IEND", b""))
    parts = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"".join(parts)).decode()


def _speech(asked: Question) -> Said:
    spoken = tokens(asked.text("input"))
    if asked.text("stream_format") == "sse":
        usage = {"input_tokens": len(spoken), "output_tokens": len(spoken) * 3}
        usage["total_tokens"] = sum(usage.values())
        told = {"usage": usage} if asked.tells else {}
        sound = base64.b64encode(FRAME).decode()
        deltas = [{"type": "speech.audio.delta", "audio": sound} for _ in spoken]
        return Said(EVENTS, tuple(map(_event, [*deltas, {"type": "speech.audio.done", **told}])))
    form = asked.text("response_format") or "mp3"
    pieces = [FRAME * FRAMES_PER_TOKEN if form == "mp3" else bytes(SAMPLES_PER_TOKEN * 2)] * len(
        spoken
    )
    if form == "wav":
        pieces.insert(0, _wave(sum(map(len, pieces))))
    return Said(TYPES.get(form, "application/octet-stream"), tuple(pieces))


def _wave(size: int) -> bytes:
    """The header before samples of 16 bits, of one channel."""
    form = struct.pack("<HHIIHH", 1, 1, RATE_HZ, RATE_HZ * 2, 2, 16)
    head = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", size)
    return b"RIFF" + struct.pack("<I", len(head) + size) + head


def _transcriptions(asked: Question) -> Said:
    file = asked.fields.get("file")
    if not isinstance(file, bytes):
        raise DecodeError("file", "is missing; expected a file")
    text = f"{len(file)} bytes of sound, sha256 {hashlib.sha256(file).hexdigest()[:12]}."
    seconds = -(-len(file) // BYTES_PER_SECOND)
    heard, written = seconds * TOKENS_PER_SECOND, count(text)
    usage = {
        "type": "tokens",
        "input_tokens": heard,
        "input_token_details": {"text_tokens": 0, "audio_tokens": heard},
        "output_tokens": written,
        "total_tokens": heard + written,
    }
    told = {"usage": usage} if asked.tells else {}
    if asked.streams:
        deltas = [{"type": "transcript.text.delta", "delta": token} for token in tokens(text)]
        last = {"type": "transcript.text.done", "text": text, **told}
        return Said(EVENTS, tuple(map(_event, [*deltas, last])))
    end = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    match asked.text("response_format"):
        case "text":
            return _text("text/plain", f"{text}\n")
        case "srt":
            return _text("application/x-subrip", f"1\n00:00:00,000 --> {end},000\n{text}\n")
        case "vtt":
            return _text("text/vtt", f"WEBVTT\n\n00:00:00.000 --> {end}.000\n{text}\n")
        case "verbose_json":
            return _json({"task": "transcribe", "duration": seconds, "text": text, "segments": []})
    return _json({"text": text, **told})


def _text(kind: str, text: str) -> Said:
    return Said(f"{kind}; charset=utf-8", (text.encode(),))


def _json(value: object) -> Said:
    return Said(JSON, (msgspec.json.encode(value),))


def _event(value: object) -> bytes:
    return b"data: " + msgspec.json.encode(value) + b"\n\n"


ANSWERS: Final[Mapping[str, Answering]] = {
    "completions": _completions,
    "moderations": _moderations,
    "rerank": _rerank,
    "images": _images,
    "image_edits": _images,
    "speech": _speech,
    "transcriptions": _transcriptions,
    "translations": _transcriptions,
}
