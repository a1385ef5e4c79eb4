"""Forms of the answer that other dialects ask for, as generateContent wants them."""

from typing import Any

import msgspec
import pytest
from msgspec import Raw

from protocols import ir
from tests.protocols.gemini_generate import chat, decoded, encoded, lost, says, sent

SCHEMA = Raw(b'{"type":"object","properties":{"a":{"const":1}},"additionalProperties":false}')
FUNCTION = ir.FunctionTool(name="f", description="d", parameters=SCHEMA, strict=True)
NARROW = frozenset({"json_schema_tools"})


def config(**fields: Any) -> dict[str, Any]:
    target = fields.pop("target", {})
    found: dict[str, Any] = sent(chat(**fields), **target).get("generationConfig", {})
    return found


def test_outputs_are_said() -> None:
    schema = ir.OutputFormat(kind="json_schema", schema=SCHEMA)
    assert config(output=ir.OutputFormat(kind="text")) == {}
    assert config(output=ir.OutputFormat(kind="json")) == {"responseMimeType": "application/json"}
    assert config(output=ir.OutputFormat(kind="json_schema")) == {
        "responseMimeType": "application/json"
    }
    assert config(output=schema) == {
        "responseMimeType": "application/json",
        "responseJsonSchema": msgspec.json.decode(SCHEMA),
    }
    assert config(output=schema, target={"refuses": NARROW})["responseSchema"] == {
        "type": "OBJECT",
        "properties": {"a": {}},
    }


def test_an_object_that_cannot_be_asked_for_is_asked_for_in_words() -> None:
    refuses = frozenset({"json_object", "json_schema"})
    asked = chat(output=ir.OutputFormat(kind="json"))
    assert "JSON" in sent(asked, refuses=refuses)["systemInstruction"]["parts"][0]["text"]
    assert lost(asked, refuses=refuses) == ["output"]
    with_tools = chat(
        says("system", ir.Text(text="s")),
        says("user", ir.Text(text="hi")),
        tools=(FUNCTION,),
        output=ir.OutputFormat(kind="json_schema", schema=SCHEMA),
    )
    first, second = sent(with_tools, refuses=refuses)["systemInstruction"]["parts"]
    assert first == {"text": "s"}
    assert bytes(SCHEMA).decode() in second["text"]


def test_what_a_form_is_for_has_no_place() -> None:
    output = ir.OutputFormat(kind="json_schema", schema=SCHEMA, description="the report")
    assert lost(chat(output=output)) == ["output"]
    assert "responseJsonSchema" in config(output=output)


EITHER = frozenset({"output+tools"})


@pytest.mark.parametrize(
    "output",
    [ir.OutputFormat(kind="json"), ir.OutputFormat(kind="json_schema", schema=SCHEMA)],
)
def test_who_takes_either_tools_or_json_is_asked_for_json_in_words(output: ir.OutputFormat) -> None:
    search = ir.ProviderTool(origin="anthropic", kind="web_search_20250305", raw=Raw(b"{}"))
    for tool, codes in ((FUNCTION, ["schema", "output"]), (search, ["output"])):
        asked = chat(tools=(tool,), output=output)
        said = sent(asked, refuses=EITHER)
        assert "generationConfig" not in said
        (told,) = said["systemInstruction"]["parts"]
        assert "JSON" in told["text"]
        assert (bytes(SCHEMA).decode() in told["text"]) == (output.kind == "json_schema")
        assert lost(asked, refuses=EITHER) == codes
        assert "generationConfig" in sent(asked)


def test_tools_that_are_not_sent_stand_in_the_way_of_nothing() -> None:
    unknown = ir.ProviderTool(origin="anthropic", kind="bash_20250124", raw=Raw(b"{}"))
    for tools in ((), (unknown,)):
        asked = chat(tools=tools, output=ir.OutputFormat(kind="json"))
        said = sent(asked, refuses=EITHER)
        assert said["generationConfig"] == {"responseMimeType": "application/json"}
        assert "systemInstruction" not in said


def test_the_dialects_own_is_told_in_words_too() -> None:
    asked = decoded(
        tools=[{"functionDeclarations": [{"name": "f"}]}],
        generationConfig={"responseMimeType": "application/json"},
    )
    assert "generationConfig" not in sent(asked, refuses=EITHER)
    assert lost(asked, refuses=EITHER) == ["output"]
    plain = decoded(
        tools=[{"functionDeclarations": [{"name": "f"}]}],
        generationConfig={"responseMimeType": "text/plain"},
    )
    assert lost(plain, refuses=EITHER) == []


def test_the_function_of_an_answer_is_narrow_where_functions_are() -> None:
    output = ir.OutputFormat(kind="json_schema", schema=SCHEMA)
    asked = chat(output=output)
    refuses = frozenset({"json_schema", "json_schema_tools"})
    (tool,) = sent(asked, refuses=refuses)["tools"][0]["functionDeclarations"]
    assert tool["parameters"] == {"type": "OBJECT", "properties": {"a": {}}}
    assert "parametersJsonSchema" not in tool
    found = encoded(asked, refuses=refuses).losses
    assert {(loss.code, loss.path.partition(".schema")[0]) for loss in found} == {
        ("schema", "output")
    }


@pytest.mark.parametrize("description", [None, "the report"])
def test_a_schema_that_cannot_be_asked_for_is_a_function_that_must_be_called(
    description: str | None,
) -> None:
    output = ir.OutputFormat(kind="json_schema", schema=SCHEMA, description=description)
    found = encoded(chat(output=output), refuses=frozenset({"json_schema"}))
    said = msgspec.json.decode(found.body)
    assert found.memo is not None
    assert found.memo.schema_tool == "json_output"
    (tool,) = said["tools"][0]["functionDeclarations"]
    assert (tool["name"], tool["description"]) == ("json_output", description or "The answer.")
    assert said["toolConfig"]["functionCallingConfig"] == {
        "mode": "ANY",
        "allowedFunctionNames": ["json_output"],
    }
    assert not found.losses
