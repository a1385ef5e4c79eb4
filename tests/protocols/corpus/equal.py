"""When two JSON values of a dialect say the same.

The order of keys, what is absent or says nothing, a string for a list of one text, 1 and 1.0, snake
case for camel case, and arguments as text or as JSON do not matter; nor does what the dialect's
vendor does anyway (`DEFAULTS`), nor which of two spellings it takes is used (`SPELLINGS`).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import msgspec

from protocols.ir import Dialect

NOTHING: Final[tuple[Any, ...]] = (None, [], {}, "")
JSON_TEXTS: Final = {"arguments", "input"}
TEXT_KINDS: Final = {"text", "input_text", "output_text"}
SNAKE: Final = re.compile(r"_([a-z])")
# What a field means that is not there.
DEFAULTS: Final[Mapping[Dialect, Mapping[str, tuple[Any, ...]]]] = {
    "openai.chat": {"stream": (False,)},
    "openai.responses": {"stream": (False,), "status": ("completed",), "type": ("message",)},
    "anthropic.messages": {
        "isError": (False,),
        "stream": (False,),
        "type": ("custom",),
        "enabled": (False,),
    },
    "gemini.generate": {"role": ("user", "model"), "index": (0,)},
    "bedrock.converse": {"status": ("success",)},
}
FALSE_IS_ABSENT: Final = frozenset({"gemini.generate"})


def tree(value: object) -> Any:
    """Of an IR value, comparable: JSON within it is parsed."""
    return msgspec.json.decode(msgspec.json.encode(value))


def canonical(body: bytes, dialect: Dialect) -> Any:
    said = msgspec.json.decode(body)
    return _canonical(SPELLINGS[dialect](said), dialect)


def _canonical(value: Any, dialect: Dialect, key: str = "") -> Any:
    if isinstance(value, dict):
        made = {_camel(name): _canonical(each, dialect, name) for name, each in value.items()}
        return {name: each for name, each in made.items() if not _is_unsaid(name, each, dialect)}
    if isinstance(value, list):
        return _text_of([_placed(_canonical(each, dialect), at) for at, each in enumerate(value)])
    if isinstance(value, str) and key in JSON_TEXTS:
        return _canonical(_parsed(value), dialect)
    return value


def _is_unsaid(name: str, value: Any, dialect: Dialect) -> bool:
    if value is False and dialect in FALSE_IS_ABSENT:
        return True
    return value in NOTHING or value in DEFAULTS[dialect].get(name, ())


def _placed(item: Any, at: int) -> Any:
    """Without the index that its place tells."""
    if isinstance(item, dict) and item.get("index") == at:
        return {name: each for name, each in item.items() if name != "index"}
    return item


def _text_of(parts: list[Any]) -> Any:
    """A list of one text is that text."""
    match parts:
        case [{"type": kind, "text": str(text), **rest}] if kind in TEXT_KINDS and not rest:
            return text
        case _:
            return parts


def _camel(name: str) -> str:
    return SNAKE.sub(lambda found: found[1].upper(), name)


def _parsed(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text


# --- spellings ------------------------------------------------------------------------------------


def _chat(said: dict[str, Any]) -> dict[str, Any]:
    if isinstance(said.get("stop"), str):
        said["stop"] = [said["stop"]]
    for message in said.get("messages", ()):
        if "reasoning" in message:
            message.setdefault("reasoning_content", message.pop("reasoning"))
        if message.get("role") == "tool":
            message.pop("name", None)  # that of the call
        for part in _parts(message):
            if isinstance(part.get("image_url"), str):
                part["image_url"] = {"url": part["image_url"]}
    return said


def _responses(said: dict[str, Any]) -> dict[str, Any]:
    if isinstance(said.get("input"), str):
        said["input"] = [{"role": "user", "content": said["input"]}]
    return said


def _messages(said: dict[str, Any]) -> dict[str, Any]:
    said.pop("anthropic_version", None)  # of the envelope
    if "output_format" in said:
        said.setdefault("output_config", {})["format"] = said.pop("output_format")
    return said


def _generate(said: Any) -> Any:
    if not isinstance(said, dict):
        return said
    said.pop("model", None)  # it is in the path
    for name in ("systemInstruction", "system_instruction"):
        if isinstance(said.get(name), str):
            said[name] = {"parts": [{"text": said[name]}]}
        elif isinstance(said.get(name), dict):
            said[name].pop("role", None)
    config = (said.get("toolConfig") or {}).get("functionCallingConfig") or {}
    if "mode" in config:
        config["mode"] = config["mode"].upper()
    if "tools" in said:
        said["tools"] = _gathered(said["tools"])
    return said


def _gathered(tools: Any) -> Any:
    """Functions may be declared in one entry or in several, beside others or apart."""
    entries = tools if isinstance(tools, list) else [tools]
    declared: list[Any] = []
    others: dict[str, Any] = {}
    for entry in entries:
        for name, each in entry.items():
            if _camel(name) == "functionDeclarations":
                declared += each or []
            elif each is not None:
                others[_camel(name)] = each or True
    return {"functionDeclarations": declared, **others}


def _converse(said: dict[str, Any]) -> dict[str, Any]:
    return said


def _parts(message: dict[str, Any]) -> list[dict[str, Any]]:
    content = message.get("content")
    return content if isinstance(content, list) else []


SPELLINGS: Final[Mapping[Dialect, Callable[[Any], Any]]] = {
    "openai.chat": _chat,
    "openai.responses": _responses,
    "anthropic.messages": _messages,
    "gemini.generate": _generate,
    "bedrock.converse": _converse,
}


# --- comparison -----------------------------------------------------------------------------------


def missing(before: Any, after: Any) -> list[str]:
    """Where `after` does not say what `before` does; it may say more."""
    return list(_unlike(before, after, "", added=False))


def differences(before: Any, after: Any) -> list[str]:
    return list(_unlike(before, after, "", added=True))


def _unlike(before: Any, after: Any, path: str, *, added: bool) -> Iterator[str]:
    if isinstance(before, dict) and isinstance(after, list) and not added:
        before = [before]  # Google takes an only item for the list
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted(before.keys() | after.keys()) if added else before:
            place = f"{path}.{name}" if path else name
            yield from _unlike(before.get(name), after.get(name), place, added=added)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from _unlike(one, other, f"{path}[{index}]", added=added)
    elif before != after:
        yield f"{path} is {_shown(after)} instead of {_shown(before)}"


def _shown(value: Any) -> str:
    return msgspec.json.encode(value).decode()[:90]
