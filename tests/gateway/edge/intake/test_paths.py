from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.edge.intake.paths import BadPath, derive_path

SEGMENT = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="/\\"),
    min_size=1,
    max_size=12,
).filter(lambda text: text not in {".", ".."})


@given(segments=st.lists(SEGMENT, min_size=1, max_size=5), slash=st.booleans())
def test_an_honest_path_is_decoded_once(segments: list[str], *, slash: bool) -> None:
    path = "/" + "/".join(segments) + ("/" if slash else "")
    assert derive_path(quote(path).encode()) == path


@given(raw=st.binary(max_size=60))
def test_a_derived_path_has_one_reading(raw: bytes) -> None:
    try:
        path = derive_path(b"/" + raw)
    except BadPath:
        return
    assert path.startswith("/")
    assert not {".", ".."} & set(path.split("/"))
    assert "//" not in path
    assert "\\" not in path
    assert path.isprintable() or not any(ord(char) < 32 or ord(char) == 127 for char in path)


@given(raw=st.from_regex(rb"(/[A-Za-z0-9._~!$&'()*+,;=:@%-]{0,8}){1,4}", fullmatch=True))
def test_the_fast_way_agrees_with_the_careful_one(raw: bytes) -> None:
    def outcome(path: bytes) -> str:
        try:
            return derive_path(path)
        except BadPath:
            return "refused"

    # An escaped unreserved character sends the same path the careful way.
    careful = raw.replace(b"a", b"%61", 1) if b"a" in raw and b"%" not in raw else raw
    assert outcome(raw) == outcome(careful)


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"*", b"relative", b"//", b"/a//b", b"/a/../b", b"/a/..", b"/./a", b"/a/.",
        b"/%2e%2e/a", b"/a/%2E/b", b"/a/.%2e", b"/%65cho%00", b"/a%5cb", b"/a\\b", b"/a%0d%0ab",
        b"/a%7f", b"/a\x00", b"/a%2fb", b"/api%2Fv1", b"/a%zz", b"/a%2", b"/a%", b"/%ff",
        b"/a/%2f", b"/v1/chat/x%2fy", b"/model%2fx/converse", b"/v2/models/a%2fb",
        b"/model/a%2f..%2fb/converse", b"/model/%2fa/converse", b"/v1/models/a%2f%2fb",
        b"/v1/models/..%2f..%2fadmin", b"/openai/x/models/a%2fb",
        b"/v1/v1/v1/models/a%2fb", b"/v1beta/v1/models/a%2fb", b"/v1/v1/chat/a%2fb",
        b"/models/a%2fb", b"/deployments/a%2fb/embeddings",
        b"/projects/p%2fq/locations/l/publishers/google/models/m:x",
    ],
)  # fmt: skip
def test_a_path_with_two_readings_is_refused(raw: bytes) -> None:
    with pytest.raises(BadPath):
        derive_path(raw)


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (b"/", "/"),
        (b"/api/v1/keys", "/api/v1/keys"),
        (b"/api/v1/keys/", "/api/v1/keys/"),
        (b"/.well-known/x", "/.well-known/x"),
        (b"/a...b/..c", "/a...b/..c"),
        (b"/%252e%252e/a", "/%2e%2e/a"),
        ("/é".encode(), "/é"),
        (b"/model/arn%3Aaws%3Abedrock%2Fx/converse", "/model/arn:aws:bedrock/x/converse"),
        (b"/v1beta/models/tuned%2Fm:generateContent", "/v1beta/models/tuned/m:generateContent"),
        (b"/openai/v1/models/a%2Fb", "/openai/v1/models/a/b"),
        (b"/v1/v1/models/a%2Fb", "/v1/v1/models/a/b"),
        (b"/anthropic/v1/v1/models/a%2Fb", "/anthropic/v1/v1/models/a/b"),
        (b"/bedrock/model/a%2Fb/converse", "/bedrock/model/a/b/converse"),
        (b"/openai/deployments/a%2Fb/embeddings", "/openai/deployments/a/b/embeddings"),
        (b"/gemini/models/a%2Fb:countTokens", "/gemini/models/a/b:countTokens"),
        (
            b"/v1/projects/p/locations/l/publishers/google/models/a%2Fb:countTokens",
            "/v1/projects/p/locations/l/publishers/google/models/a/b:countTokens",
        ),
    ],
)
def test_the_path_everybody_sees(raw: bytes, path: str) -> None:
    assert derive_path(raw) == path
