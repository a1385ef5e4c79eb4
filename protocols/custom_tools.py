"""Custom tools where a dialect knows functions only: the free text is their one argument.

Law: what a custom call says comes out as it was written, bit by bit as it arrives; arguments of
another form come out whole.
"""

import re
from typing import Any, Final

import msgspec
from msgspec import Raw

from protocols.ir import NOTHING, CustomTool, Extra
from protocols.lenient import an_object, as_object, read, words

INPUT: Final = "input"
PARAMETERS: Final = Raw(
    b'{"type":"object","properties":{"input":{"type":"string"}},'
    b'"required":["input"],"additionalProperties":false}'
)
BEGINNING: Final = re.compile(r'\s*\{\s*"input"\s*:\s*"')
# What may be read by itself: whole characters and escapes, and of escaped pairs both halves.
WHOLE: Final = re.compile(
    r'(?:[^"\\]|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[0-9a-fA-F]{4}|\\u(?![dD][89abAB])[0-9a-fA-F]{4}'
    r"|\\[^u])*"
)
OBJECTS: Final = msgspec.json.Decoder(dict[str, Raw])
TEXTS: Final = msgspec.json.Decoder(str)


def grammar_of(form: Raw) -> dict[str, str]:
    """Definition and syntax; Chat has them below the type, Responses beside it."""
    said = an_object(form)
    grammar = as_object(said.get("grammar")) or said
    found = {name: words(grammar.get(name)) for name in ("syntax", "definition")}
    return {name: text for name, text in found.items() if text is not None}


def beside_grammar(form: Raw) -> Extra:
    """What a format says that is neither its type nor its grammar."""
    said = {name: raw for name, raw in (read(OBJECTS, form) or {}).items() if name != "type"}
    grammar = read(OBJECTS, said.pop("grammar", NOTHING)) or {}
    known = grammar_of(form)
    return {name: raw for name, raw in (said | grammar).items() if name not in known}


def description_of(tool: CustomTool) -> str | None:
    """With the grammar, which a function has no field for."""
    grammar = grammar_of(tool.format)
    definition = grammar.get("definition")
    if definition is None:
        return tool.description
    syntax = grammar.get("syntax")
    kind = f"{syntax} grammar" if syntax else "grammar"
    rule = f"`{INPUT}` must follow this {kind}:\n{definition}"
    return f"{tool.description}\n\n{rule}" if tool.description else rule


def arguments_of(text: str) -> str:
    return msgspec.json.encode({INPUT: text}).decode()


def input_of(arguments: str) -> str:
    said: dict[str, Any] = an_object(arguments.encode(errors="replace"))
    text = said.get(INPUT)
    return text if isinstance(text, str) else arguments


class InputReader:
    """Arguments piece by piece in, the text piece by piece out."""

    __slots__ = ("_begun", "_ended", "_held")

    def __init__(self) -> None:
        self._held = ""  # what cannot be told yet
        self._begun = False
        self._ended = False

    def feed(self, piece: str) -> str:
        self._held += piece
        if not self._begun:
            begin = BEGINNING.match(self._held)
            if begin is None:
                return ""
            self._begun = True
            self._held = self._held[begin.end() :]
        return "" if self._ended else self._tell()

    def close(self) -> str:
        """What was held back of arguments that were cut off, or are of another form."""
        if self._ended:
            return ""
        return _text(self._held) if self._begun else input_of(self._held)

    def _tell(self) -> str:
        whole = WHOLE.match(self._held)
        end = whole.end() if whole else 0
        told, self._held = _text(self._held[:end]), self._held[end:]
        self._ended = self._held.startswith('"')
        return told


def _text(escaped: str) -> str:
    return read(TEXTS, f'"{escaped}"'.encode()) or ""
