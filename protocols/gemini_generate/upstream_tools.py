"""Tools and the choice among them, as the dialect wants them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import Raw

from protocols import ir, web_search
from protocols.codec import Target
from protocols.custom_tools import PARAMETERS, beside_grammar, description_of
from protocols.gemini_generate.parts import DIALECT, VENDOR
from protocols.gemini_generate.reading import noted
from protocols.gemini_generate.schema import SPARE_WORDS, Narrowed
from protocols.gemini_generate.tools import CHOICE
from protocols.gemini_generate.wire import with_extra
from protocols.losses import Losses
from protocols.naming import Names

GOOGLE: Final = frozenset({VENDOR, "vertex"})
# In `Target.refuses`: an answer in JSON, while there is a tool to call.
EITHER: Final = "output+tools"
# And what the vendor runs, while there are functions to call.
ALONE: Final = "tools+search"
SCHEMA_TOOL: Final = "json_output"
MODES: Final[Mapping[str | None, str]] = {
    "auto": "AUTO",
    "none": "NONE",
    "required": "ANY",
    "named": "ANY",
}


class Tools:
    """`custom` are the names of those that take free text, and were sent as functions.

    `is_mixed` is set where functions are sent beside what the vendor runs, which must be allowed
    (https://ai.google.dev/gemini-api/docs/tool-combination).
    """

    def __init__(
        self, *, request: ir.Request, target: Target, names: Names, losses: Losses
    ) -> None:
        self._request = request
        self._is_own = request.dialect == DIALECT
        self._target = target
        self._names = names
        self._losses = losses
        self._spare = SPARE_WORDS
        self._has_functions = any(not isinstance(tool, ir.ProviderTool) for tool in request.tools)
        self.custom: set[str] = set()
        self.is_mixed = False

    def tools(self) -> list[dict[str, Any] | Raw]:
        if self._request.tools and "tools" in self._target.refuses:
            self._losses.add("other:tools", "tools", "the target takes none", content=True)
            return []
        if not self._is_own and self._are_spared():
            return []
        functions: list[dict[str, Any]] = []
        listed: list[dict[str, Any] | Raw] = []
        for position, tool in enumerate(self._request.tools):
            path = f"tools[{position}]"
            if isinstance(tool, ir.ProviderTool):
                provided = self._provided(tool, path)
                listed += provided
                self.is_mixed |= bool(provided) and self._has_functions and not self._is_own
                continue
            if not functions:
                listed.append({"functionDeclarations": functions})
            if isinstance(tool, ir.FunctionTool):
                functions.append(self._function(tool, path))
            else:
                functions.append(self._free(tool, path))
        return listed

    def _are_spared(self) -> bool:
        """No tool may be called, none was, and the form of the answer cannot be had beside them."""
        request, choice = self._request, self._request.tool_choice
        return (
            EITHER in self._target.refuses
            and (request.output is not None and request.output.kind != "text")
            and (choice is not None and choice.mode == "none")
            and not any(
                isinstance(block, ir.ToolCall)
                for message in request.messages
                for block in message.content
            )
        )

    def _provided(self, tool: ir.ProviderTool, path: str) -> Sequence[dict[str, Any] | Raw]:
        if tool.origin == VENDOR and self._target.vendor in GOOGLE:
            return (tool.raw,)
        equal = self._target.tools.get(f"{tool.origin}/{tool.kind}")
        if equal is not None and self._has_functions and ALONE in self._target.refuses:
            self._losses.add("provider_tool", path, "the target takes it or functions")
            return ()
        if equal is not None:
            return (web_search.fitted(tool, equal, self._losses, path, of="gemini"),)
        self._losses.add("provider_tool", path, f"the target has no {tool.kind}")
        return ()

    def _function(self, tool: ir.FunctionTool, path: str) -> dict[str, Any]:
        if tool.cache is not None:
            self._losses.add("cache", f"{path}.cache", "generateContent has no cache points")
        said: dict[str, Any] = {"name": self._names.sent(tool.name)}
        if tool.description is not None:
            said["description"] = tool.description
        if self._is_own:
            own = noted(tool.extra, "parameters")
            if own is not None:
                return with_extra({**said, "parameters": own}, tool.extra)
        else:
            self._losses.unknown(tool.extra, path=path)
        if tool.strict:
            self._losses.add("schema", f"{path}.strict", "the target does not promise it")
        said |= self._parameters(tool.parameters, f"{path}.parameters")
        return with_extra(said, tool.extra if self._is_own else None)

    def _parameters(self, schema: Raw, path: str) -> dict[str, Any]:
        if not schema:
            return {}
        if "json_schema_tools" not in self._target.refuses:
            return {"parametersJsonSchema": schema}
        found = Narrowed(schema, spare=self._spare)
        narrow = narrowed(found, path, self._losses)
        self._spare = found.spare
        # An object of nothing is refused: the function takes nothing.
        return {"parameters": narrow} if narrow.keys() - {"type", "description"} else {}

    def _free(self, tool: ir.CustomTool, path: str) -> dict[str, Any]:
        self._losses.unknown(tool.extra, path=path)
        self._losses.unknown(beside_grammar(tool.format), path=f"{path}.format")
        self.custom.add(tool.name)
        said: dict[str, Any] = {"name": self._names.sent(tool.name)}
        described = description_of(tool)
        if described is not None:
            said["description"] = described
        return {**said, **self._parameters(PARAMETERS, f"{path}.parameters")}

    def of_answer(
        self, output: ir.OutputFormat
    ) -> tuple[list[dict[str, Any] | Raw], dict[str, Any]]:
        """A function that must be called: its arguments are the answer."""
        said: dict[str, Any] = {
            "name": SCHEMA_TOOL,
            "description": output.description or "The answer.",
            **self._parameters(output.schema, "output.schema"),
        }
        return (
            [{"functionDeclarations": [said]}],
            {"mode": "ANY", "allowedFunctionNames": [SCHEMA_TOOL]},
        )

    def config(self) -> dict[str, Any] | Raw | None:
        """`functionCallingConfig`."""
        choice = self._request.tool_choice
        if choice is None:
            return None
        if choice.parallel is False and self._request.tools:
            self._losses.add("parallel", "parallel", "generateContent calls as many as it likes")
        own = noted(self._request.extra, CHOICE) if self._is_own else None
        if own is not None:
            return own
        if choice.raw:
            if self._is_own:
                return choice.raw
            self._losses.add("tool_choice", "tool_choice", "generateContent has no such choice")
            return None
        if choice.mode is None and not choice.allowed:
            return None
        if "tool_choice" in self._target.refuses and choice.mode != "auto":
            self._losses.add("tool_choice", "tool_choice", "the target lets nobody choose")
            return None
        return self._chosen(choice)

    def _chosen(self, choice: ir.ToolChoice) -> dict[str, Any]:
        mode = MODES.get(choice.mode, "AUTO")
        if mode == "AUTO" and self.is_mixed:
            mode = "VALIDATED"  # AUTO knows functions only
        allowed = choice.allowed if choice.name is None else (choice.name,)
        if not allowed:
            return {"mode": mode}
        if mode == "AUTO" and not self._is_own:
            mode = "VALIDATED"  # AUTO knows no subset
        return {"mode": mode, "allowedFunctionNames": [self._names.sent(name) for name in allowed]}


def narrowed(found: Narrowed, path: str, losses: Losses) -> dict[str, Any]:
    narrow = found.schema()
    for place, keyword in found.dropped:
        losses.add("schema", f"{path}{place}", f"{keyword} is not of the target's schemas")
    return narrow
