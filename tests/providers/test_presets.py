"""Kinds and presets that fill the form of a new provider."""

from typing import Any
from urllib.parse import urlsplit

import pytest

from providers.adapters.registry import ADAPTERS
from providers.adapters.urls import normalised_base_url
from providers.kinds import FORMS, kinds, presets
from tests.accounts.world import Town, make_town


@pytest.fixture
def town(db: None) -> Town:
    return make_town()


def test_every_adapter_has_a_form_and_no_other() -> None:
    assert set(FORMS) == set(ADAPTERS)
    assert [kind.kind for kind in kinds()] == list(FORMS)


def test_kinds_are_listed_with_what_a_form_needs(town: Town) -> None:
    answer = town.api("owner").get("providers/kinds")

    assert answer.status_code == 200
    rows = {row["kind"]: row for row in answer.json()}
    assert rows["openai"]["default_base_url"] == "https://api.openai.com/v1"
    assert rows["openai"]["credential_kinds"] == ["api_key"]
    assert rows["anthropic"]["surfaces"] == ["anthropic.messages"]
    assert rows["mock"]["credential_kinds"] == ["none"]
    assert rows["openai_compatible"]["fields"][0] == "base_url"


def test_there_are_a_hundred_presets(town: Town) -> None:
    answer = town.api("owner").get("providers/presets")

    assert answer.status_code == 200
    rows = answer.json()
    assert len(rows) >= 100
    assert len({row["id"] for row in rows}) == len(rows)
    assert {row["kind"] for row in rows} <= set(ADAPTERS)
    assert {row["source"] for row in rows} == {"documented", "reported"}
    fields = {"id", "label", "kind", "base_url", "key_prefix", "docs_url", "source", "local"}
    assert all(set(row) == fields for row in rows)
    labels = " ".join(row["label"] for row in rows)
    for name in (
        "通义千问",
        "文心一言",
        "讯飞星火",
        "智谱",
        "豆包",
        "混元",
        "360 智脑",
        "DeepSeek",
    ):
        assert name in labels


@pytest.mark.parametrize("preset", presets(), ids=lambda preset: preset["id"])
def test_a_presets_address_is_one_that_may_be_saved(preset: dict[str, Any]) -> None:
    url = preset["base_url"]

    assert normalised_base_url(url) == (url, ())
    parts = urlsplit(url)
    local = preset["local"]
    assert (parts.scheme, parts.hostname == "localhost") == (
        ("http", True) if local else ("https", False)
    )
    docs = preset["docs_url"]
    assert not docs or docs.startswith("https://")


def test_the_prefix_of_a_key_names_one_kind() -> None:
    prefixes = [preset["key_prefix"] for preset in presets() if preset["key_prefix"]]

    assert len(prefixes) == len(set(prefixes))
    assert {"sk-ant-", "sk-proj-", "gsk_", "xai-"} <= set(prefixes)
    assert "sk-" not in prefixes
