from typing import Any

import pytest

from accounts.specs import KeySpec
from gateway.edge.errors import GatewayError
from gateway.edge.exchange import Exchange
from gateway.edge.operations.operation import Operation
from gateway.edge.operations.surfaces import CHAT, COUNT_TOKENS, EMBEDDINGS, MESSAGES
from gateway.edge.stages.route import route
from protocols.errors import Problem
from providers.specs import ProviderSpec
from tests.gateway.edge.plane import exchange, key_spec, plane, snapshot
from tests.routing.world import CHAT_SURFACE, MESSAGES_SURFACE, provider, target

OPENAI = provider("openai", target("gpt-4"))
CLAUDE = provider("claude", target("sonnet"), surfaces=(MESSAGES_SURFACE,))


def routed(
    model: str,
    *providers: ProviderSpec,
    key: KeySpec | None = None,
    operation: Operation = CHAT,
) -> Exchange:
    runtime = plane(snapshot(providers=providers or (OPENAI, CLAUDE)))
    made = exchange(runtime, operation=operation)
    made.key, made.model = key or key_spec(), model
    route(made, runtime)
    return made


def refused(
    model: str,
    *providers: ProviderSpec,
    key: KeySpec | None = None,
    operation: Operation = CHAT,
) -> Problem:
    with pytest.raises(GatewayError) as raised:
        routed(model, *providers, key=key, operation=operation)
    return raised.value.problem


def served_by(made: Exchange) -> list[str]:
    return [f"{row.provider.slug}.{row.target.public_name}" for row in made.candidates]


def test_candidates_come_in_the_order_of_names() -> None:
    first = provider("first", target("gpt-4"), priority=1)

    made = routed("gpt-4", OPENAI, first)

    assert served_by(made) == ["first.gpt-4", "openai.gpt-4"]
    assert made.candidates[0].surface == CHAT_SURFACE
    assert made.lane == "native"


def test_an_unknown_model_is_not_found_and_near_names_are_told() -> None:
    problem = refused("gpt-44")

    assert (problem.http_status, problem.param) == (404, "model")
    assert "gpt-4" in problem.message


def test_only_names_that_the_key_may_use_are_suggested() -> None:
    assert "Did you mean" not in refused("gpt-44", key=key_spec(denied_models=("gpt-4",))).message
    assert "Did you mean" not in refused("gpt-44", key=key_spec(environment="test")).message


def test_what_cannot_be_a_name_is_a_bad_request() -> None:
    assert refused("gpt\n4").code == "invalid_model"


@pytest.mark.parametrize(
    "fields",
    [
        {"allowed_models": ("claude-*",)},
        {"denied_models": ("gpt-*",)},
        {"allowed_models": ("gpt-4",), "denied_models": ("gpt-4",)},
        {"allowed_models": ("gpt-?",)},
        {"allowed_models": ("GPT-4",)},
    ],
)
def test_a_key_uses_only_the_models_of_its_lists(fields: dict[str, Any]) -> None:
    problem = refused("gpt-4", key=key_spec(**fields))

    assert (problem.http_status, problem.code) == (403, "model_not_allowed")


@pytest.mark.parametrize("patterns", [("gpt-4",), ("gpt-*",), ("*",), ("x", "g*4")])
def test_lists_may_hold_globs(patterns: tuple[str, ...]) -> None:
    assert served_by(routed("gpt-4", key=key_spec(allowed_models=patterns)))


def test_an_unknown_model_is_not_found_even_where_it_were_forbidden() -> None:
    assert refused("nothing", key=key_spec(allowed_models=("gpt-4",))).http_status == 404


def test_a_test_key_reaches_only_the_mock_provider() -> None:
    mock = provider("mock", target("gpt-4"), kind="mock", simulated=True)
    key = key_spec(environment="test")

    assert served_by(routed("gpt-4", OPENAI, mock, key=key)) == ["mock.gpt-4"]
    assert refused("gpt-4", OPENAI, key=key).http_status == 404


def test_restrict_served_filters_what_a_name_stands_for() -> None:
    other = provider("other", target("gpt-4"))
    key = key_spec(allowed_models=("gpt-4", "x"), restrict_served=True)
    qualified = key_spec(allowed_models=("openai.*", "gpt-*"), restrict_served=True)
    none = key_spec(denied_models=("openai.gpt-4",), allowed_models=("gpt-9",))

    assert served_by(routed("gpt-4", OPENAI, other, key=key)) == ["openai.gpt-4", "other.gpt-4"]
    assert served_by(routed("gpt-4", OPENAI, key=qualified)) == ["openai.gpt-4"]
    assert refused("gpt-4", OPENAI, key=none).http_status == 403


@pytest.mark.parametrize(
    "off", [provider("openai", target("gpt-4"), enabled=False),
            provider("openai", target("gpt-4", enabled=False)),
            provider("openai", target("gpt-4"), draining=True)],
)  # fmt: skip
def test_what_takes_no_requests_now_may_take_them_later(off: ProviderSpec) -> None:
    problem = refused("gpt-4", off)

    assert (problem.http_status, problem.code) == (503, "no_candidate")
    assert problem.message.startswith("No provider of 'gpt-4' takes requests at the moment: openai")
    assert problem.retry_after is not None


@pytest.mark.parametrize(("model", "operation"), [("sonnet", EMBEDDINGS), ("gpt-4", EMBEDDINGS)])
def test_a_model_that_does_not_do_what_is_asked_says_what_it_does(
    model: str, operation: Operation
) -> None:
    problem = refused(model, operation=operation)

    assert (problem.http_status, problem.code) == (400, "unsupported_endpoint")
    assert operation.path in problem.message
    assert "it speaks" in problem.message


def test_a_model_may_speak_less_than_its_provider() -> None:
    narrow = provider("openai", target("gpt-4", dialects=("openai.responses",)))

    assert refused("gpt-4", narrow).code == "unsupported_endpoint"


def test_who_speaks_another_dialect_is_translated_for() -> None:
    made = routed("sonnet")

    assert [(row.surface, row.lane) for row in made.candidates] == [
        (MESSAGES_SURFACE, "translation")
    ]
    assert made.lane == "translation"


def test_a_provider_is_asked_in_the_dialect_of_the_client_where_it_can_be() -> None:
    both = provider("both", target("gpt-4"), surfaces=(MESSAGES_SURFACE, CHAT_SURFACE))
    narrow = provider(
        "narrow",
        target("gpt-4", dialects=("anthropic.messages",)),
        surfaces=(CHAT_SURFACE, MESSAGES_SURFACE),
        priority=1,
    )

    made = routed("gpt-4", both, narrow)

    assert [(row.provider.slug, row.surface.dialect, row.lane) for row in made.candidates] == [
        ("narrow", "anthropic.messages", "translation"),
        ("both", "openai.chat", "native"),
    ]
    assert made.lane == "translation"


def test_only_who_chats_is_translated_for() -> None:
    embeds = provider("e", target("x", operations=frozenset({"embeddings"})))

    assert refused("x", embeds, operation=MESSAGES).code == "unsupported_endpoint"


def test_who_chats_can_count() -> None:
    assert served_by(routed("sonnet", operation=COUNT_TOKENS)) == ["claude.sonnet"]


def test_no_more_than_eight_are_tried() -> None:
    many = [provider(f"p{number}", target("gpt-4")) for number in range(12)]

    assert len(routed("gpt-4", *many).candidates) == 8


def test_a_provider_whose_probes_fail_is_asked_last_and_still_asked() -> None:
    down = provider("down", target("gpt-4"), priority=1, asked_last=True)

    assert served_by(routed("gpt-4", down, OPENAI)) == ["openai.gpt-4", "down.gpt-4"]
    assert served_by(routed("gpt-4", down)) == ["down.gpt-4"]
