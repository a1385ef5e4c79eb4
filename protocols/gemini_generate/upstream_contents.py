"""The messages of a request, as the dialect wants them.

Laws: its own contents keep their order and their number. Of others, what one side says in a row
becomes one content, and results stand first in it, in the order of their calls. What a result
shows and cannot hold follows in a content of its own: beside results nothing else is shown.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from msgspec import Raw
from msgspec.structs import replace

from protocols import ir
from protocols.codec import Target
from protocols.custom_tools import arguments_of
from protocols.gemini_generate.ids import said_id
from protocols.gemini_generate.parts import DIALECT
from protocols.gemini_generate.reading import noted
from protocols.gemini_generate.wire import (
    arguments_object,
    is_object,
    media_object,
    part_object,
    with_extra,
)
from protocols.ir import Extra
from protocols.losses import Losses
from protocols.naming import Names

Part = dict[str, Any] | Raw
# https://ai.google.dev/gemini-api/docs/thought-signatures: for calls that another model made.
UNSIGNED: Final = "skip_thought_signature_validator"
LAST: Final = 1 << 30
AFTER: Final = LAST - 1  # what results show, when all of them are told
# In `Target.refuses`: pictures and documents within a result.
APART: Final = "media_in_results"
# Whose results may hold what is kept elsewhere; in the Gemini API only what is inline.
HOLD_FILES: Final = frozenset({"vertex"})
# Google looks at no file whose type is not said.
TYPES: Final[Mapping[str, str]] = {
    "gif": "image/gif",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "pdf": "application/pdf",
    "png": "image/png",
    "txt": "text/plain",
    "wav": "audio/wav",
    "webm": "video/webm",
    "webp": "image/webp",
}
ROLES: Final[Mapping[str, str]] = {"system": "user", "user": "user", "assistant": "model"}


class Content:
    """One side's words; `parts` each with its rank among them."""

    __slots__ = ("extra", "parts", "role")

    def __init__(self, role: str, extra: Extra | None) -> None:
        self.role = role
        self.extra = extra
        self.parts: list[tuple[int, Part]] = []

    def said(self) -> list[dict[str, Any]]:
        ordered = sorted(self.parts, key=lambda each: each[0])
        after = next((at for at, (rank, _) in enumerate(ordered) if rank == AFTER), 0)
        role = noted(self.extra, "role") or self.role
        return [
            with_extra({"role": role, "parts": [part for _, part in each]}, self.extra)
            for each in ((ordered[:after], ordered[after:]) if after else (ordered,))
        ]


class Contents:
    def __init__(
        self, *, request: ir.Request, target: Target, names: Names, losses: Losses
    ) -> None:
        self._is_own = request.dialect == DIALECT
        self._target = target
        self._names = names
        self._losses = losses
        self._called: dict[str, tuple[int, str]] = {}  # id -> place among the calls, name
        self._system: list[Part] = []
        self._system_extra: Extra | None = None
        self._contents: list[Content] = []
        for position, message in enumerate(request.messages):
            self._take(message, f"messages[{position}]")

    def system(self) -> dict[str, Any] | None:
        if not self._system:
            return None
        return with_extra({"parts": self._system}, self._system_extra)

    def contents(self) -> list[dict[str, Any]]:
        contents = self._contents
        if not contents and not self._is_own:
            # It answers nobody but a user.
            alone = Content("user", None)
            alone.parts = [(0, part) for part in self._system]
            self._system, contents = [], [alone]
        if self._target.seal_required:
            _sign(contents)
        return [said for content in contents for said in content.said()]

    def _take(self, message: ir.Message, path: str) -> None:
        if message.name is not None:
            self._losses.add("name", f"{path}.name", "generateContent names nobody")
        extra = self.kept(message.extra, path)
        if message.role == "system" and (message.head or not self._contents):
            self._system += [part for _, part in self._parts(message, path)]
            self._system_extra = extra
            return
        parts = [*self._parts(message, path)]
        role = ROLES[message.role]
        last = self._contents[-1] if self._contents else None
        if not self._is_own and last is not None and last.role == role:
            last.parts += parts
        elif parts or self._is_own:
            content = Content(role, extra)
            content.parts = parts
            self._contents.append(content)

    def kept(self, extra: Extra | None, path: str) -> Extra | None:
        """What only the dialect understands, if the request is its own."""
        if self._is_own:
            return extra
        self._losses.unknown(extra, path=path)
        return None

    def _parts(self, message: ir.Message, path: str) -> Iterator[tuple[int, Part]]:
        for position, block in enumerate(message.content):
            place = f"{path}.content[{position}]"
            if isinstance(block, ir.ToolResult):
                self._note_cache(block, place)
                yield from self._result(block, place)
                continue
            for part in self._told(block, place):
                yield LAST, part

    def _told(self, block: ir.Content, path: str) -> Iterator[Part]:
        self._note_cache(block, path)
        yield from self._said(block, path)

    def _note_cache(self, block: ir.Content, path: str) -> None:
        if getattr(block, "cache", None) is not None:
            self._losses.add("cache", f"{path}.cache", "generateContent has no cache points")

    def _said(self, block: ir.Content, path: str) -> Iterator[Part]:
        match block:
            case ir.Text():
                yield from self._text(block, path)
            case ir.Thinking():
                yield from self._thinking(block, path)
            case ir.Media():
                yield from self.media(block, path)
            case ir.ToolCall(executor="client"):
                yield from self._call(block, path)
            case ir.ToolCall():
                self._losses.add("provider_tool", path, "another vendor made and answered it")
            case ir.Opaque():
                yield from self._opaque(block, path)
            case _:
                part = part_object(block)
                yield from () if part is None else (part,)

    def _opaque(self, block: ir.Opaque, path: str) -> Iterator[Part]:
        part = part_object(block)
        if part is None:
            self._losses.opaque(block, path, f"generateContent has no words for {block.kind}")
            return
        if block.dialect != DIALECT:
            self._losses.told(block, path)
        yield part

    def _seal(self, seal: ir.Seal | None, path: str) -> ir.Seal | None:
        if seal is None or seal.signature is None or seal.origin == self._target.vendor:
            return seal
        self._losses.add("seal", f"{path}.seal", f"was made by {seal.origin}")
        return None

    def _text(self, block: ir.Text, path: str) -> Iterator[Part]:
        if block.citations:
            self._losses.add("citations", f"{path}.citations", "generateContent takes none back")
        seal, extra = self._seal(block.seal, path), self.kept(block.extra, path)
        if self._is_own or block.text or (seal is not None and seal.signature):
            said = part_object(ir.Text(text=block.text, seal=seal, extra=extra))
            yield from () if said is None else (said,)

    def _thinking(self, block: ir.Thinking, path: str) -> Iterator[Part]:
        seal, extra = self._seal(block.seal, path), self.kept(block.extra, path)
        if self._is_own or (seal is not None and seal.signature):
            said = part_object(ir.Thinking(text=block.text, seal=seal, extra=extra))
            yield from () if said is None else (said,)
        elif block.text and not (block.seal and block.seal.signature):
            self._losses.add("reasoning", path, "is another model's")

    def media(self, block: ir.Media, path: str) -> Iterator[Part]:
        if block.kind in self._target.refuses:
            self._losses.add(block.kind, path, "the target takes none", content=True)
            return
        self._note_media(block, path)
        if block.context:
            yield {"text": block.context}
        if isinstance(block.source, ir.InlineBlocks):
            self.kept(block.extra, path)
            for position, each in enumerate(block.source.content):
                yield from self._told(each, f"{path}.source.content[{position}]")
            return
        said = media_object(block)
        if said is None or not self._reaches(block.source):
            code = "file" if isinstance(block.source, ir.FileRef) else block.kind
            self._losses.add(code, path, "the target cannot read it there", content=True)
            return
        mime = block.mime
        if mime is None and isinstance(block.source, ir.Link) and not self._is_own:
            mime = TYPES.get(block.source.url.rpartition(".")[2].lower())
        media = replace(
            block, mime=mime, seal=self._seal(block.seal, path), extra=self.kept(block.extra, path)
        )
        part = part_object(media)
        yield from () if part is None else (part,)

    def _note_media(self, block: ir.Media, path: str) -> None:
        if block.name:
            self._losses.add("name", f"{path}.name", "generateContent does not name media")
        if block.citable:
            self._losses.add("citations", path, "generateContent cites no documents")
        if block.detail not in {None, "auto"}:
            self._losses.add(block.kind, f"{path}.detail", "generateContent looks as it likes")

    def _reaches(self, source: ir.Source) -> bool:
        return self._is_own or not isinstance(source, ir.Link) or reaches(source.url, self._target)

    def _call(self, block: ir.ToolCall, path: str) -> Iterator[Part]:
        self._called[block.id] = len(self._called), block.name
        arguments = block.arguments
        if block.form == "custom":
            arguments = arguments_of(arguments)
        elif arguments and not is_object(arguments):
            self._losses.add(
                "tool_arguments", f"{path}.arguments", "generateContent knows objects only"
            )
        said = part_object(
            ir.ToolCall(
                id=block.id,
                name=self._names.sent(block.name),
                arguments=arguments,
                seal=self._seal(block.seal, path),
                extra=self.kept(block.extra, path),
            )
        )
        yield from () if said is None else (said,)

    def _result(self, block: ir.ToolResult, path: str) -> Iterator[tuple[int, Part]]:
        rank, name = self._called.get(block.call_id, (LAST, block.name))
        extra = self.kept(block.extra, path)
        text, media = self._within(block, path)
        if name is None or (rank == LAST and not self._is_own):
            self._losses.add("opaque", path, "answers no call; told as text")
            words = text or bytes(block.structured).decode()
            told: list[Part] = [{"text": words}] if words or not media else []
            yield from ((LAST, part) for part in (*told, *media))
            return
        said: dict[str, Any] = {"name": self._names.sent(block.name or name)}
        own_id = noted(extra, "id")
        id_ = said_id(block.call_id) if own_id is None else own_id
        if id_ is not None and id_ != Raw(b"null"):
            said["id"] = id_
        response = _response(block, text, is_own=self._is_own)
        if response is not None:
            said["response"] = response
        held, shown = self._shared(media)
        if held:
            said["parts"] = held
        place = LAST if self._is_own else rank
        yield place, with_extra({"functionResponse": said}, extra)
        yield from ((AFTER, part) for part in shown)

    def _shared(self, media: list[Part]) -> tuple[list[Part], list[Part]]:
        """What a result may hold, and what is shown after it."""
        if not self._is_own and APART in self._target.refuses:
            return [], media
        if self._is_own or self._target.vendor in HOLD_FILES:
            return media, []
        files = [part for part in media if _is_file(part)]
        return [part for part in media if not _is_file(part)], files

    def _within(self, block: ir.ToolResult, path: str) -> tuple[str, list[Part]]:
        """What a result says in words, and what it shows."""
        texts: list[str] = []
        shown: list[Part] = []
        for position, each in enumerate(block.content):
            place = f"{path}.content[{position}]"
            is_first = not (texts or block.structured)
            if self._is_own and not is_first:
                shown.extend(self._told(each, place))
                continue
            # As parts they are told what is lost of them; as words they stand in the response.
            for part in self._told(each, place):
                if isinstance(part, dict) and "text" in part:
                    texts.append(part["text"])
                else:
                    shown.append(part)
        if texts and block.structured:
            texts.insert(0, bytes(block.structured).decode())
        return "\n".join(texts), shown


def reaches(url: str, target: Target) -> bool:
    scheme, colon, _ = url.partition(":")
    return bool(colon) and scheme.lower() in target.links


def _response(block: ir.ToolResult, text: str, *, is_own: bool) -> object:
    """The result as an object; None where nothing was said."""
    key = "error" if block.is_error else "output"
    if block.structured and not text:
        if is_object(bytes(block.structured).decode()):
            is_whole = not block.is_error or b'"error"' in bytes(block.structured)
            return block.structured if is_whole else {key: block.structured}
        return {key: block.structured}
    if not block.is_error and is_object(text):
        return arguments_object(text)
    has_text = any(isinstance(each, ir.Text) for each in block.content)
    return {key: text} if has_text or not is_own else None


def _sign(contents: list[Content]) -> None:
    """Every step of the current turn must be signed, and what no one signed says so."""
    for content in reversed(contents):
        if content.role == "user":
            told = (part for rank, part in content.parts if rank != AFTER and _is_read(part))
            if any("functionResponse" not in part for part in told):
                return
            continue
        calls = (part for _, part in content.parts if _is_read(part) and "functionCall" in part)
        first = next(calls, None)
        if isinstance(first, dict):
            first.setdefault("thoughtSignature", UNSIGNED)


def _is_read(part: Part) -> bool:
    return isinstance(part, dict)


def _is_file(part: Part) -> bool:
    return isinstance(part, dict) and "fileData" in part
