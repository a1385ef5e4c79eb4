from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from msgspec import structs

from accounts.specs import KeySpec
from gateway.edge.errors import GatewayError
from gateway.edge.operations.surfaces import find
from gateway.edge.pages.lists import (
    ListRequest,
    model_page,
    models_page,
    profiles_page,
    providers_page,
)
from tests.gateway.edge.plane import key_spec, snapshot
from tests.routing.world import CHAT_SURFACE, NOW, alias, names, provider, target

PROVIDERS = (
    provider("openai", target("gpt-4", created_at=1_700_000_000), target("gpt-4.1"), priority=1),
    provider("claude", target("sonnet"), kind="anthropic", priority=2),
    provider("mock", target("mock-echo"), kind="mock", simulated=True, priority=3),
    provider("off", target("x"), enabled=False),
)
VIEW = snapshot(providers=PROVIDERS, index=names(*PROVIDERS, aliases=(alias("best", "gpt-4"),)))
ANTHROPIC = {b"anthropic-version": b"2023-06-01"}


def models(
    *, key: KeySpec | None = None, query: bytes = b"", headers: dict[bytes, bytes] | None = None
) -> dict[str, Any]:
    body = models_page(
        snapshot=VIEW,
        key=key or key_spec(),
        now=NOW,
        found=find("/v1/models"),
        request=ListRequest(headers=headers or {}, query=query),
    )
    page: dict[str, Any] = msgspec.json.decode(body)
    return page


def ids(page: dict[str, Any]) -> list[str]:
    rows = page["data"]
    assert isinstance(rows, list)
    return [row["id"] for row in rows]


def test_models_are_listed_by_qualified_name_and_aliases_by_theirs() -> None:
    page = models()

    assert page["object"] == "list"
    assert ids(page) == [
        "openai.gpt-4",
        "openai.gpt-4.1",
        "claude.sonnet",
        "mock.mock-echo",
        "best",
    ]
    assert page["data"][0] == {
        "id": "openai.gpt-4",
        "object": "model",
        "created": 1_700_000_000,
        "owned_by": "openai",
    }


@pytest.mark.parametrize(
    ("fields", "listed"),
    [
        ({"allowed_models": ("gpt-4",)}, ["gpt-4"]),
        ({"allowed_models": ("openai.*",)}, ["openai.gpt-4", "openai.gpt-4.1"]),
        ({"allowed_models": ("best",)}, ["best"]),
        ({"environment": "test"}, ["mock.mock-echo"]),
        (
            {"denied_models": ("claude.*", "sonnet", "mock*", "best")},
            ["openai.gpt-4", "openai.gpt-4.1"],
        ),
    ],
)
def test_a_key_lists_what_it_may_call_under_the_name_it_may_use(
    fields: dict[str, Any], listed: list[str]
) -> None:
    assert ids(models(key=key_spec(**fields))) == listed


def test_anthropics_clients_get_anthropics_list() -> None:
    page = models(headers=ANTHROPIC)

    assert (page["has_more"], page["first_id"], page["last_id"]) == (False, "openai.gpt-4", "best")
    assert page["data"][0] == {
        "type": "model",
        "id": "openai.gpt-4",
        "display_name": "gpt-4",
        "created_at": "2023-11-14T22:13:20Z",
    }


@pytest.mark.parametrize(
    ("query", "listed", "more"),
    [
        (b"limit=2", ["openai.gpt-4", "openai.gpt-4.1"], True),
        (b"limit=2&after_id=openai.gpt-4.1", ["claude.sonnet", "mock.mock-echo"], True),
        (b"after_id=mock.mock-echo", ["best"], False),
        (b"limit=1&before_id=claude.sonnet", ["openai.gpt-4.1"], True),
        (b"before_id=openai.gpt-4.1", ["openai.gpt-4"], False),
        (b"before_id=openai.gpt-4", [], False),
    ],
)
def test_anthropics_list_has_pages(query: bytes, listed: list[str], *, more: bool) -> None:
    page = models(headers=ANTHROPIC, query=query)

    assert ids(page) == listed
    assert page["has_more"] is more


@pytest.mark.parametrize(
    "query", [b"limit=0", b"limit=1001", b"limit=x", b"after_id=none", b"before_id=none"]
)
def test_a_page_that_cannot_be_is_refused(query: bytes) -> None:
    with pytest.raises(GatewayError) as refused:
        models(headers=ANTHROPIC, query=query)

    assert refused.value.problem.http_status == 400


GOOGLE = {b"x-goog-api-key": b"k"}


def test_whoever_sends_a_key_as_google_does_gets_geminis_list() -> None:
    page = models(headers=GOOGLE)
    assert page == models(query=b"key=k")
    assert page["models"][0] == {
        "name": "models/openai.gpt-4",
        "displayName": "gpt-4",
        "supportedGenerationMethods": ["generateContent", "streamGenerateContent", "countTokens"],
    }
    assert "nextPageToken" not in page
    assert one("best", path="/v1beta/models/")["name"] == "models/best"


def test_geminis_list_has_pages() -> None:
    first = models(headers=GOOGLE, query=b"pageSize=4")
    assert [row["displayName"] for row in first["models"]][-1] == "mock-echo"
    rest = models(headers=GOOGLE, query=f"pageToken={first['nextPageToken']}".encode())
    assert [row["name"] for row in rest["models"]] == ["models/best"]
    assert "nextPageToken" not in rest


def test_limits_of_a_model_are_told_where_they_are_known() -> None:
    able = target("m", context_window=8_192)
    able = structs.replace(able, target=structs.replace(able.target, max_tokens=1_024))
    known = provider("p", able)
    row = msgspec.json.decode(
        model_page(
            snapshot=snapshot(providers=(known,), index=names(known)),
            key=key_spec(),
            now=NOW,
            found=find("/v1beta/models/m"),
            request=ListRequest(headers={}, query=b""),
        )
    )
    assert (row["inputTokenLimit"], row["outputTokenLimit"]) == (8_192, 1_024)


def test_bedrocks_clients_find_models_and_profiles_by_the_same_ids() -> None:
    page = listed_at("/foundation-models", models_page)
    profiles = listed_at("/inference-profiles", profiles_page)
    assert page["modelSummaries"][0]["modelId"] == "openai.gpt-4"
    assert page["modelSummaries"][0]["responseStreamingSupported"] is True
    assert [row["modelId"] for row in page["modelSummaries"]] == [
        row["inferenceProfileId"] for row in profiles["inferenceProfileSummaries"]
    ]


def listed_at(path: str, page: Callable[..., bytes]) -> dict[str, Any]:
    request = ListRequest(headers={}, query=b"")
    body = page(snapshot=VIEW, key=key_spec(), now=NOW, found=find(path), request=request)
    shown: dict[str, Any] = msgspec.json.decode(body)
    return shown


def one(name: str, *, key: KeySpec | None = None, path: str = "/v1/models/") -> dict[str, Any]:
    body = model_page(
        snapshot=VIEW,
        key=key or key_spec(),
        now=NOW,
        found=find(f"{path}{name}"),
        request=ListRequest(headers={}, query=b""),
    )
    row: dict[str, Any] = msgspec.json.decode(body)
    return row


def test_one_model_is_found_by_any_of_its_names() -> None:
    assert one("gpt-4")["owned_by"] == "openai"
    assert one("openai.gpt-4")["id"] == "openai.gpt-4"
    assert one("best", path="/anthropic/v1/models/")["type"] == "model"


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("nothing", key_spec()),
        ("sonnet", key_spec(allowed_models=("gpt-4",))),
        ("sonnet", key_spec(environment="test")),
    ],
)
def test_a_model_the_key_may_not_use_does_not_exist_for_it(name: str, key: KeySpec) -> None:
    with pytest.raises(GatewayError) as refused:
        one(name, key=key)

    assert refused.value.problem.http_status == 404


def test_a_name_that_cannot_be_is_refused() -> None:
    with pytest.raises(GatewayError) as refused:
        one("a\nb")

    assert refused.value.problem.http_status == 400


def test_providers_are_listed_with_what_the_key_may_call() -> None:
    body = providers_page(
        snapshot=VIEW, key=key_spec(allowed_models=("gpt-4", "claude.*")), now=NOW
    )

    assert msgspec.json.decode(body) == {
        "object": "list",
        "data": [
            {"id": "openai", "type": "openai", "models": ["gpt-4"]},
            {"id": "claude", "type": "anthropic", "models": ["sonnet"]},
        ],
    }


def test_addresses_are_shown_to_whoever_reads_the_providers_of_the_tenant() -> None:
    acme, m = key_spec().tenant_id, target("m")
    every = (
        provider("mine", m, tenant_id=acme, base_url="https://own.example/v1"),
        provider("usual", m, tenant_id=acme),
        provider("theirs", m, tenant_id="another", base_url="https://theirs.example/v1"),
        provider("shared", m, base_url="https://shared.example/v1"),
    )
    view = snapshot(providers=every, index=names(*every))

    def told(*scopes: str) -> dict[str, str | None]:
        key = key_spec(scopes=frozenset(scopes))
        rows = msgspec.json.decode(providers_page(snapshot=view, key=key, now=NOW))["data"]
        return {row["id"]: row.get("api_base") for row in rows}

    assert told("models.read") == {"mine": None, "usual": None, "shared": None}
    assert told("provider.read") == {
        "mine": "https://own.example/v1",
        "usual": CHAT_SURFACE.base_url,
        "shared": None,
    }


def test_a_model_that_is_not_there_is_not_found_as_elsewhere() -> None:
    for name in ("gpt-44", "off.x", "x"):
        with pytest.raises(GatewayError) as raised:
            one(name)
        problem = raised.value.problem
        assert (problem.kind, problem.param) == ("not_found", "model")
    with pytest.raises(GatewayError) as raised:
        one("x" * 300)
    assert raised.value.problem.code == "invalid_model"


@pytest.mark.parametrize("text", ["9" * 5_000, "0", "1001", "-1", "x", chr(0x661)])
def test_a_limit_that_is_none_is_refused_whatever_its_length(text: str) -> None:
    with pytest.raises(GatewayError) as raised:
        models(headers=ANTHROPIC, query=f"limit={quote(text)}".encode())
    assert raised.value.problem.param == "limit"
    assert len(raised.value.problem.message) < 400
