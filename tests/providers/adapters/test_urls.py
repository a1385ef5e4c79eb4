"""Base URLs as people type them, and the URLs of calls."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.adapters.urls import BadUrl, call_url, normalised_base_url


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("https://api.openai.com/v1", "https://api.openai.com/v1"),
        ("  https://API.OpenAI.com/v1/ ", "https://api.openai.com/v1"),
        ("HTTPS://x.test", "https://x.test"),
        ("https://x.test:443/", "https://x.test"),
        ("https://x.test:8443/a", "https://x.test:8443/a"),
        ("https://x.test:/a", "https://x.test/a"),
        ("http://127.0.0.1:11434/v1", "http://127.0.0.1:11434/v1"),
        ("http://[::1]:8080/v1", "http://[::1]:8080/v1"),
        ("http://model_runner:80/engines/llama.cpp/v1", "http://model_runner/engines/llama.cpp/v1"),
        ("https://x.test/accounts/a@b/v1", "https://x.test/accounts/a@b/v1"),
    ],
)
def test_a_base_url_is_kept_in_one_spelling(typed: str, kept: str) -> None:
    assert normalised_base_url(typed) == (kept, ())
    assert normalised_base_url(kept) == (kept, ())


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("https://api.openai.com/v1/chat/completions", "https://api.openai.com/v1"),
        ("https://api.openai.com/v1/chat/completions/", "https://api.openai.com/v1"),
        ("https://api.anthropic.com/v1/messages", "https://api.anthropic.com"),
        ("https://x.test/anthropic/v1/messages/count_tokens", "https://x.test/anthropic"),
        ("https://x.test/v1/embeddings", "https://x.test/v1"),
    ],
)
def test_the_path_of_a_call_is_removed_with_a_notice(typed: str, kept: str) -> None:
    url, notices = normalised_base_url(typed)
    assert url == kept
    assert len(notices) == 1
    assert "was removed" in notices[0]


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("https://u:p@x.test", "user or password"),
        ("https://u@x.test", "user or password"),
        ("https://x.test/?key=1", "no query"),
        ("https://x.test?", "no query"),
        ("https://x.test/#a", "no fragment"),
        ("https://evil#.openai.azure.com", "no fragment"),
        ("api.openai.com/v1", "begins with https://"),
        ("ftp://x.test", "begins with https://"),
        ("mock:", "begins with https://"),
        ("", "begins with https://"),
        ("https://", "names a host"),
        ("https:///v1", "names a host"),
        ("https://x.test:99999", "no URL"),
        ("https://x.test:port", "no URL"),
        ("https://[::1", "no URL"),
        ("https://[::1%25eth0]/", "no host"),
        ("https://x..test", "no host"),
        ("https://-x.test", "no host"),
        ("https://x%2etest", "no host"),
        ("https://①②⑦.0.0.1", "plain ASCII"),
        ("https://x.test/a b", "plain ASCII"),
        ("https://x.test/\\evil", "plain ASCII"),
        ("https://x.test/a\tb", "plain ASCII"),
        ("https://x.test//v1", "path"),
        ("https://x.test/a/../v1", "path"),
        ("https://x.test/./v1", "path"),
        ("https://x.test/%2e%2e/v1", "path"),
    ],
)
def test_what_is_no_base_url_is_refused_with_the_reason(typed: str, reason: str) -> None:
    with pytest.raises(BadUrl, match=reason):
        normalised_base_url(typed)


@given(st.text(st.sampled_from("htps:/.a-_@?#[]%\\1:; \tvé"), max_size=30))
def test_whatever_is_kept_is_scheme_host_port_and_path(tail: str) -> None:
    try:
        url, _ = normalised_base_url(f"https://{tail}")
    except BadUrl:
        return
    parts = urlsplit(url)
    assert (parts.scheme, parts.query, parts.fragment, parts.username) == ("https", "", "", None)
    assert parts.hostname
    assert parts.geturl() == url
    assert normalised_base_url(url)[0] == url


def test_a_call_url_is_the_base_with_the_path_below_it() -> None:
    assert call_url("https://x.test/a", "/models", "limit=1") == "https://x.test/a/models?limit=1"
    assert call_url("mock:", "/v1/models") == "mock:/v1/models"


@pytest.mark.parametrize(("base_url", "path"), [("https://x.test", "/a?b"), ("https://a", "/b#c")])
def test_a_url_that_would_say_something_else_is_not_made(base_url: str, path: str) -> None:
    with pytest.raises(BadUrl, match="does not say what it was made of"):
        call_url(base_url, path)
