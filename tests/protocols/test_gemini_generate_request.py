"""generateContent requests of clients: what is read of them, and sent again as it was."""

from typing import Any

import msgspec
import pytest

from protocols import ir
from protocols.codec import Head
from protocols.errors import DecodeError, Unsupported
from tests.protocols.gemini_generate import CLIENT, again, decoded, encoded, model, sent, user

CALL = {"functionCall": {"name": "weather", "args": {"city": "Paris"}}}
RESULT = {"functionResponse": {"name": "weather", "response": {"degrees": 21}}}


def block(part: dict[str, Any]) -> Any:
    return decoded(user(part)).messages[0].content[0]


def test_the_path_says_model_and_stream() -> None:
    body = b'{"contents":{"parts":{"text":"hi"}},"model":"models/other"}'
    request = CLIENT.decode_request(body, Head(model="gemini-2.5-pro", stream=True))
    assert (request.model, request.stream, request.extra) == ("gemini-2.5-pro", True, None)
    assert request.messages == (ir.Message(role="user", content=(ir.Text(text="hi"),)),)
    assert CLIENT.decode_request(body, Head()).model == "models/other"


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (b'{"contents":[]}', "model"),
        (b'{"model":"m"}', "contents"),
        (b'{"model":"m","contents":[{"role":"boss","parts":[]}]}', "contents[0].role"),
        (b'{"model":"m","contents":[3]}', "contents[0]"),
        (
            b'{"model":"m","contents":[{"parts":[{"functionCall":{"name":"f","args":[]}}]}]}',
            "contents[0].parts[0].functionCall.args",
        ),
    ],
)
def test_what_is_no_request_is_refused_with_its_path(body: bytes, path: str) -> None:
    with pytest.raises(DecodeError) as refused:
        CLIENT.decode_request(body, Head())
    assert refused.value.path == path


def test_more_candidates_than_anybody_serves_are_refused() -> None:
    with pytest.raises(Unsupported, match="candidateCount"):
        decoded(generationConfig={"candidateCount": 129})


def test_snake_case_says_the_same_and_null_says_nothing() -> None:
    camel = decoded(
        user({"inlineData": {"mimeType": "image/png", "data": "aGk="}}),
        systemInstruction={"parts": [{"text": "short"}]},
        generationConfig={"maxOutputTokens": 5, "stopSequences": ["x"]},
        safetySettings=None,
    )
    snake = decoded(
        user({"inline_data": {"mime_type": "image/png", "data": "aGk="}}),
        system_instruction={"parts": {"text": "short"}, "role": "system"},
        generation_config={"max_output_tokens": 5.0, "stop_sequences": ["x"]},
    )
    assert camel == snake
    assert camel.sampling == ir.Sampling(max_tokens=5, stop=("x",))


RAN = {"language": "PYTHON", "code": "a_b = 1"}
OUTCOME = {"outcome": "OUTCOME_OK", "output": "a_b"}


def test_what_is_not_modelled_goes_up_in_camel_case_too() -> None:
    asked = decoded(
        user({"text": "hi", "video_metadata": {"start_offset": "1s", "fps": 1.0}}),
        model(
            {"executable_code": RAN, "thought_signature": "c2ln"},
            {"code_execution_result": OUTCOME},
            {"moon_rise": {"user_made": 1}},
            {"part_metadata": {"user_made": 1}, "executableCode": RAN},
        ),
        generation_config={
            "speech_config": {
                "voice_config": {"prebuilt_voice_config": {"voice_name": "Kore_1"}},
                "multi_speaker_voice_config": {
                    "speaker_voice_configs": [{"speaker": "a_b"}, "moon_rise", 1.50]
                },
            }
        },
        tools=[{"google_search": {"time_range_filter": {"start_time": "t"}}}],
        tool_config={
            "function_calling_config": {"mode": "VALIDATED", "allowed_function_names": ["a_b"]},
            "retrieval_config": {
                "lat_lng": {"latitude": msgspec.Raw(b"1.50")},
                "language_code": "en_US",
            },
        },
        labels={"user_made": "a"},
    )
    body = encoded(asked).body
    said = msgspec.json.decode(body)
    assert said["contents"] == [
        user({"text": "hi", "videoMetadata": {"startOffset": "1s", "fps": 1.0}}),
        model(
            {"executableCode": RAN, "thoughtSignature": "c2ln"},
            {"codeExecutionResult": OUTCOME},
            {"moonRise": {"user_made": 1}},
            {"partMetadata": {"user_made": 1}, "executableCode": RAN},
        ),
    ]
    assert said["generationConfig"]["speechConfig"] == {
        "voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Kore_1"}},
        "multiSpeakerVoiceConfig": {"speakerVoiceConfigs": [{"speaker": "a_b"}, "moon_rise", 1.5]},
    }
    assert b'"latitude":1.50' in body
    assert said["toolConfig"] == {
        "functionCallingConfig": {"mode": "VALIDATED", "allowedFunctionNames": ["a_b"]},
        "retrievalConfig": {"latLng": {"latitude": 1.5}, "languageCode": "en_US"},
    }
    assert said["tools"] == [{"googleSearch": {"timeRangeFilter": {"startTime": "t"}}}]
    assert said["labels"] == {"user_made": "a"}


def test_what_is_in_camel_case_stays_the_bytes_it_was() -> None:
    code = b'{"executableCode" : {"code":"a_b","n":1.50}}'
    body = b'{"contents":[{"role":"model","parts":[' + code + b"]}]}"
    asked = CLIENT.decode_request(body, Head(model="m"))
    assert code in encoded(asked).body
    config = b'{"voiceConfig" : {"x":"a_b"}}'
    body = b'{"contents":[],"generationConfig":{"speechConfig":' + config + b"}}"
    assert config in encoded(CLIENT.decode_request(body, Head(model="m"))).body


def test_names_are_respelled_no_deeper_than_vendors_nest() -> None:
    deep: object = {"at_last": 1}
    for _ in range(20):
        deep = [deep]
    asked = decoded(generationConfig={"speechConfig": {"some_where": deep}})
    said = sent(asked)["generationConfig"]["speechConfig"]
    assert said == {"someWhere": deep}


def test_the_system_may_be_a_text() -> None:
    request = decoded(systemInstruction="short")
    system = ir.Message(role="system", content=(ir.Text(text="short"),), head=True)
    assert request.messages[0] == system
    assert again(systemInstruction="short")["systemInstruction"] == {"parts": [{"text": "short"}]}


def test_thoughts_and_signatures_are_kept() -> None:
    seal = ir.Seal(origin="gemini", signature="c2ln")
    assert block({"text": "hm", "thought": True}) == ir.Thinking(text="hm")
    assert block({"text": "", "thoughtSignature": "c2ln"}) == ir.Text(text="", seal=seal)
    assert block({"thoughtSignature": "c2ln"}) == ir.Text(text="", seal=seal)
    called = block({**CALL, "thoughtSignature": "c2ln"})
    assert (called.seal, called.arguments) == (seal, '{"city":"Paris"}')


@pytest.mark.parametrize(
    ("mime", "kind"),
    [
        ("image/png", "image"),
        ("audio/wav", "audio"),
        ("video/mp4", "video"),
        ("application/pdf", "document"),
    ],
)
def test_media_are_told_apart_by_their_type(mime: str, kind: str) -> None:
    found = block({"inlineData": {"mimeType": mime, "data": "aGk="}})
    assert found == ir.Media(kind=kind, mime=mime, source=ir.Inline(data="aGk="))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("uri", "source", "kind"),
    [
        ("gs://bucket/a", ir.Link(url="gs://bucket/a"), "document"),
        ("https://youtu.be/x", ir.Link(url="https://youtu.be/x"), "video"),
        ("files/abc", ir.FileRef(origin="gemini", id="files/abc"), "document"),
    ],
)
def test_files_are_links_or_the_vendors(uri: str, source: ir.Source, kind: str) -> None:
    assert block({"fileData": {"fileUri": uri}}) == ir.Media(kind=kind, source=source)  # type: ignore[arg-type]


def test_base64_for_urls_becomes_the_usual_and_goes_back_as_it_was() -> None:
    part = {"inlineData": {"mimeType": "image/png", "data": "-_8="}}
    assert block(part).source == ir.Inline(data="+/8=")
    assert sent(decoded(user(part)))["contents"] == [user(part)]


def test_calls_without_ids_get_some_and_results_find_them_by_name_and_order() -> None:
    request = decoded(user({"text": "?"}), model(CALL, CALL), user(RESULT, RESULT))
    first, second = request.messages[1].content
    one, two = request.messages[2].content
    assert isinstance(first, ir.ToolCall)
    assert isinstance(second, ir.ToolCall)
    assert isinstance(one, ir.ToolResult)
    assert isinstance(two, ir.ToolResult)
    assert first.id != second.id
    assert (one.call_id, two.call_id) == (first.id, second.id)
    contents = [user({"text": "?"}), model(CALL, CALL), user(RESULT, RESULT)]
    assert sent(request)["contents"] == contents


@pytest.mark.parametrize(
    ("call_id", "result_id"), [("c1", "c1"), ("c1", None), (None, "r1"), ("c1", "other")]
)
def test_ids_go_back_as_they_were(call_id: str | None, result_id: str | None) -> None:
    call: dict[str, Any] = {"name": "weather", "args": {}}
    result: dict[str, Any] = {"name": "weather", "response": {"a": 1}}
    if call_id is not None:
        call["id"] = call_id
    if result_id is not None:
        result["id"] = result_id
    contents = [model({"functionCall": call}), user({"functionResponse": result})]
    request = decoded(*contents)
    (asked,), (answered,) = (message.content for message in request.messages)
    assert isinstance(asked, ir.ToolCall)
    assert isinstance(answered, ir.ToolResult)
    assert answered.call_id == asked.id
    assert sent(request)["contents"] == contents


def test_a_result_with_an_id_leaves_the_others_their_calls() -> None:
    calls = [{"functionCall": {"name": "f", "id": id_}} for id_ in ("c1", "c2")]
    named = {"functionResponse": {"name": "f", "id": "c1", "response": {"a": 1}}}
    bare = {"functionResponse": {"name": "f", "response": {"a": 2}}}
    *_, answers = decoded(model(*calls), user(named, bare, bare)).messages
    ids = [block.call_id for block in answers.content if isinstance(block, ir.ToolResult)]
    assert ids[:2] == ["c1", "c2"]
    assert ids[2].startswith("call_")


def test_a_result_without_a_call_stays() -> None:
    assert sent(decoded(user(RESULT)))["contents"] == [user(RESULT)]
    (found,) = decoded(user(RESULT)).messages[0].content
    assert isinstance(found, ir.ToolResult)
    assert found.call_id.startswith("call_")


@pytest.mark.parametrize(
    ("response", "text", "is_error"),
    [
        ({"output": "sunny"}, "sunny", False),
        ({"error": "no such city"}, "no such city", True),
        ({"error": '{"a":1}'}, '{"a":1}', True),
        ({"output": '{"a":1}'}, None, False),
        ({"output": 3}, None, False),
        ({"error": {"code": 1}}, None, True),
        ({"a": 1, "b": 2}, None, False),
        ({}, None, False),
        (None, None, False),
    ],
)
def test_results_that_are_texts_are_texts(
    *, response: dict[str, Any] | None, text: str | None, is_error: bool
) -> None:
    part: dict[str, Any] = {"functionResponse": {"name": "weather"}}
    if response is not None:
        part["functionResponse"]["response"] = response
    request = decoded(user(part))
    (found,) = request.messages[0].content
    assert isinstance(found, ir.ToolResult)
    assert found.content == (() if text is None else (ir.Text(text=text),))
    assert found.is_error is is_error
    assert bool(found.structured) is (text is None and response is not None)
    assert sent(request)["contents"] == [user(part)]


def test_media_stand_in_results() -> None:
    image = {"inlineData": {"mimeType": "image/png", "data": "aGk="}}
    odd = {"functionCall": {"name": "f", "args": {}}}
    part = {
        "functionResponse": {"name": "w", "response": {"a": 1}, "parts": [image], "scheduling": 1},
        "thoughtSignature": "c2ln",
    }
    assert sent(decoded(user(part)))["contents"] == [user(part)]
    found = block({"functionResponse": {"name": "w", "parts": [odd]}})
    assert isinstance(found.content[0], ir.Opaque)


def test_what_is_not_modelled_is_kept_whole() -> None:
    parts: list[dict[str, Any]] = [
        {"executableCode": {"language": "PYTHON", "code": "print(1)"}},
        {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}, "thoughtSignature": "s"},
        {"toolCall": {"toolType": "FILE_SEARCH"}},
        {"codeExecutionResult": {"outcome": "OUTCOME_OK"}},
    ]
    request = decoded(model(*parts))
    assert [each.text for each in request.messages[0].content if isinstance(each, ir.Opaque)] == [
        "print(1)",
        "1",
        None,
        None,
    ]
    assert sent(request)["contents"] == [model(*parts)]


def test_what_stands_beside_is_sent_again() -> None:
    contents = [
        user(
            {
                "fileData": {"fileUri": "gs://b/v", "mimeType": "video/mp4", "displayName": "v"},
                "videoMetadata": {"fps": 0.2},
            },
            {"inlineData": {"mimeType": "image/png", "data": "aGk="}, "thought": True},
            {"text": "hi", "partMetadata": {"a": 1}},
        ),
        {"role": "function", "parts": [RESULT], "note": 1},
    ]
    more = {
        "safetySettings": [{"category": 10, "threshold": 3}],
        "cachedContent": "cachedContents/1",
        "labels": {"a_b": "c"},
        "generationConfig": {"speechConfig": {"languageCode": "de"}, "topK": 3},
        "serviceTier": "flex",
        "toolConfig": {"includeServerSideToolInvocations": True},
        "systemInstruction": {"parts": [{"text": "s"}], "odd": 1},
    }
    said = sent(decoded(*contents, **more))
    assert said.pop("contents") == contents
    assert said == more


def test_a_part_of_nothing_is_an_empty_text() -> None:
    assert block({}) == ir.Text(text="")
    assert sent(decoded(user({})))["contents"] == [user({"text": ""})]
