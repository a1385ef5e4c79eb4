"""What one request may say to one target.

Law 1: what came in Chat goes out as it came, but for what the target refuses. Law 2: what came in
another dialect is said in words that all compatible servers know; OpenAI's own only to OpenAI.
"""

import re
from typing import Any, Final

from protocols.codec import Target
from protocols.ir import CachePoint, Extra, Request, Seal
from protocols.losses import Losses
from protocols.naming import Names
from protocols.openai_chat.notes import noted
from protocols.openai_chat.wire import GOOGLE, add_rest, unsealed

OPENAI: Final = frozenset({"openai", "azure"})
BAD_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9_-]")
LONGEST_NAME: Final = 64
HOW_TO_STREAM: Final = ("stream_options",)  # says nothing of the answer


class Sending:
    __slots__ = ("custom", "is_openai", "is_same", "losses", "names", "target")

    def __init__(self, request: Request, target: Target) -> None:
        self.target = target
        self.is_same = request.dialect == "openai.chat"
        self.is_openai = target.vendor in OPENAI
        self.losses = Losses()
        self.names = Names(BAD_IN_NAMES, longest=min(LONGEST_NAME, target.tool_name_max))
        self.custom: set[str] = set()  # those asked that are functions there

    @property
    def knows_openai(self) -> bool:
        """Whether what only OpenAI understands may be said."""
        return self.is_same or self.is_openai

    def takes(self, concept: str) -> bool:
        return concept not in self.target.refuses

    def wants_reasoning(self, *, on_tool_turn: bool) -> bool:
        """Back, with a message of the assistant's."""
        wanted = self.target.reasoning_passback if self.takes("reasoning_content") else "never"
        return wanted == "always" or (wanted == "tool_turns" and on_tool_turn)

    def may_see(self, seal: Seal) -> bool:
        """Google's are Google's by either of its doors."""
        vendor = self.target.vendor
        return seal.origin == vendor or (seal.origin in GOOGLE and vendor in GOOGLE)

    def visible(self, extra: Extra | None, path: str) -> Extra | None:
        """What stands beside a message, without a seal of another's."""
        if self.is_same and self.target.vendor in GOOGLE:
            return extra
        left = unsealed(extra)
        if left is not extra:
            self.losses.add("seal", path, "is of another vendor")
        return left

    def noted(self, extra: Extra | None, note: str) -> bool:
        """Whether the client said it so. The notes of other dialects are theirs."""
        return self.is_same and noted(extra, note)

    def tool_name(self, name: str) -> str:
        return name if self.is_same else self.names.sent(name)

    def rest(self, said: dict[str, Any], extra: Extra | None, path: str) -> None:
        if self.is_same:
            add_rest(said, extra)
        else:
            self.losses.unknown(extra, path=path, but=HOW_TO_STREAM)

    def cache(self, said: dict[str, Any], point: CachePoint | None, path: str) -> None:
        if point is None:
            return
        if self.is_same or self.target.cache:
            ttl = {} if point.ttl is None else {"ttl": point.ttl}
            said["cache_control"] = {"type": "ephemeral", **ttl}
        else:
            self.losses.add("cache", f"{path}.cache", "the target takes no cache points")
