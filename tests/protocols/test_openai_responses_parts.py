"""Parts of what clients of Responses say."""

from protocols import ir
from tests.protocols.responses_asked import part, raw, why_not


def test_a_text_has_citations_and_logprobs() -> None:
    cited = {"type": "url_citation", "url": "https://x.test", "title": "X"}
    file = {"type": "file_citation", "file_id": "f", "filename": "a.txt", "index": 3}
    logprobs = [{"token": "a", "logprob": -1}]
    text = part(
        type="output_text",
        text="a",
        annotations=[{**cited, "start_index": 0, "end_index": 1, "odd": 1}, file],
        logprobs=logprobs,
        prompt_cache_breakpoint={"mode": "explicit"},
    )
    assert text == ir.Text(
        text="a",
        citations=(
            ir.Citation(
                url="https://x.test", title="X", start=0, end=1, unit="web", extra={"odd": raw(1)}
            ),
            ir.Citation(extra={key: raw(value) for key, value in file.items()}),
        ),
        logprobs=raw(logprobs),
        extra={"prompt_cache_breakpoint": raw({"mode": "explicit"})},
    )


def test_empty_logprobs_say_nothing() -> None:
    assert part(type="text", text="a", annotations=[], logprobs=[]) == ir.Text(text="a")


def test_images_are_in_place_or_elsewhere() -> None:
    assert part(
        type="input_image", image_url="data:image/png;base64,QUJD", detail="high"
    ) == ir.Media(kind="image", source=ir.Inline(data="QUJD"), mime="image/png", detail="high")
    assert part(type="input_image", file_id="file_1") == ir.Media(
        kind="image", source=ir.FileRef(origin="openai", id="file_1")
    )
    assert "neither image_url nor file_id" in why_not(
        {"role": "user", "content": [{"type": "input_image"}]}
    )


def test_files_are_in_place_or_elsewhere() -> None:
    source = ir.Inline(data="QUJD")
    assert part(
        type="input_file", filename="a.pdf", file_data="data:application/pdf;base64,QUJD"
    ) == ir.Media(kind="document", source=source, mime="application/pdf", name="a.pdf")
    assert part(type="input_file", file_data="QUJD") == ir.Media(kind="document", source=source)
    assert part(type="input_file", file_url="https://x.test/a.pdf") == ir.Media(
        kind="document", source=ir.Link(url="https://x.test/a.pdf")
    )
    assert part(type="input_file", file_id="file_1") == ir.Media(
        kind="document", source=ir.FileRef(origin="openai", id="file_1")
    )
    assert "none of file_id" in why_not({"role": "user", "content": [{"type": "input_file"}]})


def test_sound_has_a_format() -> None:
    assert part(
        type="input_audio", input_audio={"data": "QUJD", "format": "mp3", "odd": 1}
    ) == ir.Media(
        kind="audio",
        source=ir.Inline(data="QUJD"),
        mime="audio/mp3",
        extra={"input_audio": raw({"odd": 1})},
    )
    assert "input_audio is missing" in why_not(
        {"role": "user", "content": [{"type": "input_audio"}]}
    )


def test_parts_that_are_not_modelled_stay_as_they_are() -> None:
    said = {"type": "input_video", "video_url": "x"}
    assert part(**said) == ir.Opaque(
        dialect="openai.responses", kind="part:input_video", raw=raw(said)
    )


def test_a_refusal_that_says_more_stays_as_it_is() -> None:
    said = {"type": "refusal", "refusal": "no", "odd": 1}
    assert part(**said) == ir.Opaque(
        dialect="openai.responses", kind="part:refusal", raw=raw(said), text="no"
    )
