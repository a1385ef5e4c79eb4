"""Tools of a request, the choice among them, and the form of the answer."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from msgspec import Raw

from protocols import ir, web_search
from protocols.anthropic_messages.upstream_writing import Writing
from protocols.custom_tools import PARAMETERS, beside_grammar, description_of
from protocols.kept_schemas import of_arguments, schema_for
from protocols.lenient import an_object, words

if TYPE_CHECKING:
    from protocols.anthropic_messages.upstream_blocks import Written

ANY_OBJECT: Final = Raw(b'{"type":"object","properties":{}}')
CHOICES: Final[Mapping[str | None, str]] = {
    None: "auto",
    "auto": "auto",
    "none": "none",
    "required": "any",
    "named": "tool",
}
FORCING: Final = frozenset({"any", "tool"})
SCHEMA_TOOL: Final = "json_output"
NO_CALLS: Final = "Do not call any tool."
ONLY_JSON: Final = "Answer with one JSON object and nothing else: no other text, no code fence."


class Tools:
    """What is sent, and what the decoder of the answer must know of it."""

    __slots__ = ("_dropped", "choice", "custom", "schema_tool", "sent", "told", "written")

    def __init__(self, writing: Writing, request: ir.Request) -> None:
        self.custom: set[str] = set()
        self.sent: set[str] = set()  # names as they were asked for
        self.written: list[Written] = []
        self.schema_tool: str | None = None
        self.told: str | None = None  # to the model, for want of a field
        self._dropped: set[str | None] = set()  # names of those the vendor does not run
        choice = request.tool_choice
        allowed = choice.allowed if choice is not None else ()
        if request.tools and writing.refuses("tools"):
            writing.losses.add("other:tools", "tools", "the target uses none", content=True)
        else:
            for position, tool in enumerate(request.tools):
                # Those the vendor runs are not among what is called by name.
                if not allowed or getattr(tool, "name", allowed[0]) in allowed:
                    self._add(writing, tool, f"tools[{position}]")
        self.choice = None if choice is None else self._choice(writing, choice)

    @property
    def forces(self) -> bool:
        return self.choice is not None and self.choice["type"] in FORCING

    def _add(
        self,
        writing: Writing,
        tool: ir.FunctionTool | ir.CustomTool | ir.ProviderTool,
        path: str,
    ) -> None:
        match tool:
            case ir.FunctionTool():
                self.sent.add(tool.name)
                self.written.append(_function(writing, tool, path))
            case ir.CustomTool():
                self.sent.add(tool.name)
                self.custom.add(tool.name)
                writing.losses.unknown(beside_grammar(tool.format), path=f"{path}.format")
                said: dict[str, Any] = {"name": writing.name(tool.name), "input_schema": PARAMETERS}
                description = description_of(tool)
                if description is not None:
                    said["description"] = description
                self.written.append(writing.finish(said, extra=tool.extra, cache=None, path=path))
            case _:
                self._add_run_by_vendor(writing, tool, path)

    def _add_run_by_vendor(self, writing: Writing, tool: ir.ProviderTool, path: str) -> None:
        equal = writing.target.tools.get(f"{tool.origin}/{tool.kind}")
        if tool.origin == writing.target.vendor:
            self.written.append(tool.raw)
        elif equal is not None:
            made = web_search.fitted(tool, equal, writing.losses, path, of="anthropic")
            self.written.append(made)
        else:
            self._dropped.add(words(an_object(tool.raw).get("name")))
            writing.losses.add("provider_tool", path, f"the target does not run {tool.kind}")

    def _choice(self, writing: Writing, choice: ir.ToolChoice) -> dict[str, Any] | None:
        if choice.raw:
            writing.losses.add("tool_choice", "tool_choice", "is unknown here")
            return None
        if not self.written and (self._dropped or not writing.is_own):
            return None  # of nothing there is nothing to choose
        said: dict[str, Any] = {"type": CHOICES[choice.mode]}
        if refused := _refused(writing, said["type"]):
            writing.losses.add("tool_choice", "tool_choice", f"the target refuses {refused}")
            self.told = NO_CALLS if said["type"] == "none" else None
            said["type"] = "auto"
        if said["type"] == "tool" and choice.name is not None:
            if choice.name in self._dropped or not (writing.is_own or choice.name in self.sent):
                writing.losses.add("tool_choice", "tool_choice", "that tool is not sent")
                said["type"] = "auto"
            else:
                said["name"] = writing.name(choice.name)
        self._parallel(writing, choice, said)
        return said

    def _parallel(self, writing: Writing, choice: ir.ToolChoice, said: dict[str, Any]) -> None:
        if choice.parallel is None or (choice.parallel and not writing.is_own):
            return  # its default
        if writing.refuses("parallel"):
            writing.losses.add("parallel", "tool_choice", "the target decides itself")
        elif said["type"] != "none":
            said["disable_parallel_tool_use"] = not choice.parallel


def _refused(writing: Writing, kind: str) -> str | None:
    if kind == "auto":
        return None
    words = (f"tool_choice.{kind}", "tool_choice")
    return next((word for word in words if writing.refuses(word)), None)


def _function(writing: Writing, tool: ir.FunctionTool, path: str) -> dict[str, Any]:
    said: dict[str, Any] = {"name": writing.name(tool.name)}
    if tool.description is not None:
        said["description"] = tool.description
    wanted = tool.parameters if writing.is_own else of_arguments(tool.parameters or ANY_OBJECT)
    if wanted:
        said["input_schema"] = wanted
    if tool.strict or (tool.strict is not None and writing.is_own):
        place = f"{path}.parameters"
        schema = schema_for(writing.target, wanted, writing.losses, place, is_own=writing.is_own)
        if schema is None:
            writing.losses.add("schema", f"{path}.strict", "the target cannot keep to it")
        else:
            said["strict"] = tool.strict
            if schema is not wanted:
                said["input_schema"] = schema
    return writing.finish(said, extra=tool.extra, cache=tool.cache, path=path)


def write_output(
    writing: Writing, output: ir.OutputFormat | None, tools: Tools
) -> tuple[dict[str, Any] | None, str | None]:
    """The form of the answer as the dialect has it, else what the model is told."""
    if output is None or output.kind == "text":
        return None, None
    if output.kind == "json":
        writing.losses.add("output", "output", "JSON is asked for in words only")
        return None, ONLY_JSON
    if output.description is not None:
        writing.losses.add("output", "output.description", "Messages has no place for it")
    schema = output.schema or ANY_OBJECT
    kept = schema_for(
        writing.target, schema, writing.losses, "output.schema", is_own=writing.is_own
    )
    if kept is not None:
        return {"type": "json_schema", "schema": kept}, None
    if not tools.written and not writing.refuses("tools"):
        tools.schema_tool = SCHEMA_TOOL
        tools.written.append({"name": SCHEMA_TOOL, "input_schema": schema})
        tools.choice = {"type": "tool", "name": SCHEMA_TOOL}
        return None, None
    writing.losses.add("output", "output", "the schema is asked for in words only")
    return None, f"{ONLY_JSON} It has this JSON schema:\n{bytes(schema).decode()}"
