"""Tools of a request, the choice among them, and the form of the answer."""

from typing import Any, Final

from msgspec import Raw

from protocols import ir
from protocols.bedrock_converse.upstream_writing import Writing, Written
from protocols.custom_tools import PARAMETERS, beside_grammar, description_of
from protocols.kept_schemas import of_arguments, schema_for

ANY_OBJECT: Final = Raw(b'{"type":"object","properties":{}}')
CHOICES: Final = {"auto": "auto", "required": "any", "named": "tool"}
FORCING: Final = frozenset({"any", "tool"})
SCHEMA_TOOL: Final = "json_output"
ONLY_JSON: Final = "Answer with one JSON object and nothing else: no other text, no code fence."
NO_CALLS: Final = "Do not call any tool now: answer in words."


class Tools:
    """What is sent, and what the decoder of the answer must know of it."""

    __slots__ = ("choice", "custom", "schema_tool", "sent", "told", "written")

    def __init__(self, writing: Writing, request: ir.Request) -> None:
        self.custom: set[str] = set()
        self.sent: set[str] = set()  # names as they were asked for
        self.written: list[Written] = []
        self.schema_tool: str | None = None
        self.choice: dict[str, Any] | Raw | None = None
        self.told: list[str] = []  # what the model is told, for want of a field
        choice = request.tool_choice or ir.ToolChoice()
        if request.tools and writing.refuses("tools"):
            writing.losses.add("other:tools", "tools", "the target uses none", content=True)
            return
        for position, tool in enumerate(request.tools):
            # What no choice can name is never forbidden by one.
            if not choice.allowed or getattr(tool, "name", choice.allowed[0]) in choice.allowed:
                self._add(writing, tool, f"tools[{position}]")
        self._choose(writing, choice)

    @property
    def forces(self) -> bool:
        return isinstance(self.choice, dict) and not FORCING.isdisjoint(self.choice)

    def _add(
        self,
        writing: Writing,
        tool: ir.FunctionTool | ir.CustomTool | ir.ProviderTool,
        path: str,
    ) -> None:
        match tool:
            case ir.FunctionTool():
                self.sent.add(tool.name)
                self.written.append({"toolSpec": _function(writing, tool, path)})
                self.written.extend(writing.cache_point(tool.cache, path))
            case ir.CustomTool():
                self.sent.add(tool.name)
                self.custom.add(tool.name)
                writing.losses.unknown(beside_grammar(tool.format), path=f"{path}.format")
                said = _spec(writing.name(tool.name), description_of(tool), PARAMETERS)
                self.written.append({"toolSpec": writing.rest(said, tool.extra, path)})
            case ir.ProviderTool(raw=raw) if writing.is_own:
                self.written.append(raw)
            case _:
                writing.losses.add("provider_tool", path, f"the target does not run {tool.kind}")

    def _choose(self, writing: Writing, choice: ir.ToolChoice) -> None:
        if choice.raw:
            if writing.is_own:
                self.choice = choice.raw
            else:
                writing.losses.add("tool_choice", "tool_choice", "is unknown here")
            return
        if choice.parallel is False and self.written:
            writing.losses.add("parallel", "tool_choice", "the target decides itself")
        if choice.mode is None or not self.written:
            return
        if choice.mode == "none":
            writing.losses.add("tool_choice", "tool_choice", "is asked for in words only")
            self.told.append(NO_CALLS)
            return
        self._choose_mode(writing, choice)

    def _choose_mode(self, writing: Writing, choice: ir.ToolChoice) -> None:
        word = CHOICES[choice.mode or "auto"]
        refused = {f"tool_choice.{choice.mode}", f"tool_choice.{word}", "tool_choice"}
        if word != "auto" and refused & writing.target.refuses:
            writing.losses.add("tool_choice", "tool_choice", "the target refuses it")
            return
        if word == "tool":
            if choice.name not in self.sent and not writing.is_own:
                writing.losses.add("tool_choice", "tool_choice", "that tool is not sent")
                return
            named = {} if choice.name is None else {"name": writing.name(choice.name)}
            self.choice = {word: named}
        elif word != "auto" or writing.is_own:
            self.choice = {word: {}}

    def write_output(self, writing: Writing, output: ir.OutputFormat | None) -> dict[str, Any]:
        """The form of the answer as the dialect has it, else what the model is told."""
        if output is None or output.kind == "text":
            return {}
        if output.kind == "json":
            writing.losses.add("output", "output", "JSON is asked for in words only")
            self.told.append(ONLY_JSON)
            return {}
        schema = output.schema or ANY_OBJECT
        kept = schema_for(
            writing.target, schema, writing.losses, "output.schema", is_own=writing.is_own
        )
        if kept is not None:
            said = {"schema": bytes(kept).decode()}
            if output.name is not None:
                said["name"] = output.name
            if output.description is not None:
                said["description"] = output.description
            return {"type": "json_schema", "structure": {"jsonSchema": said}}
        if not self.written and not writing.refuses("tools"):
            self.schema_tool = SCHEMA_TOOL
            self.written.append({"toolSpec": _spec(SCHEMA_TOOL, output.description, schema)})
            self.choice = {"tool": {"name": SCHEMA_TOOL}}
            return {}
        writing.losses.add("output", "output", "the schema is asked for in words only")
        self.told.append(f"{ONLY_JSON} It has this JSON schema:\n{bytes(schema).decode()}")
        return {}

    def stand_in(self, writing: Writing) -> None:
        """Who has called tools before must have some: Converse refuses the history otherwise."""
        if self.written or writing.is_own:
            return
        for name in dict.fromkeys(writing.called.values()):
            self.written.append({"toolSpec": _spec(writing.name(name), None, ANY_OBJECT)})

    def config(self) -> dict[str, Any]:
        said: dict[str, Any] = {"tools": self.written} if self.written else {}
        return said if self.choice is None else {**said, "toolChoice": self.choice}


def _spec(name: str, description: str | None, schema: Raw) -> dict[str, Any]:
    said: dict[str, Any] = {"name": name}
    if description:
        said["description"] = description
    return {**said, "inputSchema": {"json": schema}}


def _function(writing: Writing, tool: ir.FunctionTool, path: str) -> dict[str, Any]:
    name = writing.name(tool.name)
    wanted = tool.parameters if writing.is_own else of_arguments(tool.parameters or ANY_OBJECT)
    if not wanted:
        said: dict[str, Any] = {"name": name}
        if tool.description is not None:
            said["description"] = tool.description
    else:
        said = _spec(name, tool.description, wanted)
    if tool.strict or (tool.strict is not None and writing.is_own):
        place = f"{path}.parameters"
        schema = schema_for(writing.target, wanted, writing.losses, place, is_own=writing.is_own)
        if schema is None:
            writing.losses.add("schema", f"{path}.strict", "the target cannot keep to it")
        else:
            said["strict"] = tool.strict
            if schema is not wanted:
                said["inputSchema"] = {"json": schema}
    return writing.rest(said, tool.extra, path)
