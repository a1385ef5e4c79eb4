"""What one request may say to one target.

Law 1: what came in Responses goes out as it came, but for what the target refuses. Law 2: what came
in another dialect is said in words that all servers of the dialect know; OpenAI's own only to
OpenAI.
"""

import re
from typing import Any, Final

from protocols.codec import Target
from protocols.ir import CachePoint, Extra, Request, Seal
from protocols.losses import Losses
from protocols.naming import Names, fitting_id
from protocols.openai_responses.wire import DIALECT, restored

OPENAI: Final = frozenset({"openai", "azure"})
BAD_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9_-]")
FITTING_IDS: Final = re.compile(r".{1,64}", re.DOTALL)
LONGEST_NAME: Final = 64


class Sending:
    __slots__ = ("custom", "is_openai", "is_same", "losses", "names", "target")

    def __init__(self, request: Request, target: Target) -> None:
        self.target = target
        self.is_same = request.dialect == DIALECT
        self.is_openai = target.vendor in OPENAI
        self.losses = Losses()
        self.names = Names(BAD_IN_NAMES, longest=min(LONGEST_NAME, target.tool_name_max))
        self.custom: set[str] = set()  # custom tools that are functions there, as they were asked

    @property
    def knows_openai(self) -> bool:
        """Whether what only OpenAI understands may be said."""
        return self.is_same or self.is_openai

    def takes(self, concept: str) -> bool:
        return concept not in self.target.refuses

    def tool_name(self, name: str) -> str:
        return name if self.is_same else self.names.sent(name)

    def call_id(self, id_: str) -> str:
        return id_ if self.is_same else fitting_id(id_, allowed=FITTING_IDS)

    def rest(self, said: dict[str, Any], extra: Extra | None, path: str) -> None:
        if self.is_same:
            said.update(restored(extra))
        else:
            self.losses.unknown(extra, path=path)

    def item_id(self, seal: Seal | None) -> dict[str, str]:
        """Whoever gave it wants it back."""
        if seal is None or seal.id is None or seal.origin != self.target.vendor:
            return {}
        return {"id": seal.id}

    def cache(self, point: CachePoint | None, path: str) -> None:
        if point is not None:
            self.losses.add("cache", f"{path}.cache", "Responses has no cache points")
