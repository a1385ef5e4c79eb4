import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.names import MAX_LENGTH, BadReference, Names
from tests.faults.bounds import FACTOR
from tests.routing.world import ACME, BOLT, NOW, alias, names, provider, resolved, target

OPENAI = provider("openai", target("gpt-4", upstream="gpt-4-0613"), target("gpt-4.1"))
AZURE = provider("openai.azure", target("gpt-4", upstream="deployment-4"), priority=50)
HUB = provider("hub", target("meta-llama/Llama-3"), target("anthropic.claude-3-opus-v1:0"))


def test_a_short_name_means_every_target_of_that_name_by_priority() -> None:
    assert resolved(names(OPENAI, AZURE), "gpt-4") == [
        "openai.azure:deployment-4",
        "openai:gpt-4-0613",
    ]


def test_equal_priorities_go_by_id() -> None:
    index = names(provider("b", target("m"), id="2"), provider("a", target("m"), id="1"))

    assert resolved(index, "m") == ["a:m", "b:m"]


@pytest.mark.parametrize("reference", ["openai.gpt-4", "openai/gpt-4", "openai.gpt-4-0613"])
def test_a_qualified_name_means_one_target_by_public_or_upstream_name(reference: str) -> None:
    assert resolved(names(OPENAI, AZURE), reference) == ["openai:gpt-4-0613"]


@pytest.mark.parametrize("reference", ["openai.azure.gpt-4", "openai.azure/gpt-4"])
def test_a_fully_qualified_name_means_the_child_provider(reference: str) -> None:
    assert resolved(names(OPENAI, AZURE), reference) == ["openai.azure:deployment-4"]


@pytest.mark.parametrize("name", ["gpt-4.1", "meta-llama/Llama-3", "anthropic.claude-3-opus-v1:0"])
def test_names_with_dots_and_slashes_stay_whole(name: str) -> None:
    index = names(OPENAI, HUB, provider("anthropic", target("claude-3")))

    assert len(resolved(index, name)) == 1


def test_the_prefix_of_gemini_clients_is_stripped() -> None:
    assert resolved(names(OPENAI), "models/gpt-4") == ["openai:gpt-4-0613"]


def test_a_tenant_sees_its_own_before_the_platforms_and_never_anothers() -> None:
    own = provider("own", target("gpt-4"), tenant_id=ACME, priority=900)
    foreign = provider("foreign", target("gpt-4"), tenant_id=BOLT)
    index = names(OPENAI, own, foreign)

    assert resolved(index, "gpt-4") == ["own:gpt-4", "openai:gpt-4-0613"]
    assert resolved(index, "foreign.gpt-4") == []
    assert resolved(index, "own.gpt-4", tenant=BOLT) == []


def test_a_platform_provider_may_be_for_some_tenants_only() -> None:
    index = names(provider("openai", target("gpt-4"), visible_to=(BOLT,)))

    assert resolved(index, "gpt-4") == []
    assert resolved(index, "openai.gpt-4") == []
    assert resolved(index, "GPT-4") == []
    assert resolved(index, "gpt-4", tenant=BOLT) == ["openai:gpt-4"]


def test_an_alias_points_at_a_name_of_any_form() -> None:
    index = names(OPENAI, AZURE, aliases=(alias("best", "openai.azure.gpt-4"),))

    assert resolved(index, "best") == ["openai.azure:deployment-4"]


def test_an_alias_hides_a_model_of_its_name_and_may_name_it() -> None:
    hidden = names(OPENAI, aliases=(alias("gpt-4", "gpt-4.1"),))
    itself = names(OPENAI, aliases=(alias("gpt-4", "gpt-4"),))

    assert resolved(hidden, "gpt-4") == ["openai:gpt-4.1"]
    assert resolved(itself, "gpt-4") == ["openai:gpt-4-0613"]


def test_a_tenants_alias_counts_before_the_platforms() -> None:
    index = names(
        OPENAI, aliases=(alias("fast", "gpt-4"), alias("fast", "gpt-4.1", tenant_id=ACME))
    )

    assert resolved(index, "fast") == ["openai:gpt-4.1"]
    assert resolved(index, "fast", tenant=BOLT) == ["openai:gpt-4-0613"]


def test_an_expired_alias_is_none() -> None:
    aliases = (alias("soon", "gpt-4", expires_at=NOW), alias("so*", "gpt-4", expires_at=NOW))
    index = names(OPENAI, aliases=aliases)

    assert resolved(index, "soon") == []
    assert resolved(index, "soon", now=NOW - 1) == ["openai:gpt-4-0613"]


def test_the_longest_wildcard_wins_and_only_after_real_names() -> None:
    index = names(
        OPENAI,
        provider("claude", target("claude-3-opus")),
        aliases=(alias("claude-*", "gpt-4.1"), alias("claude-3-*", "gpt-4")),
    )

    assert resolved(index, "claude-3-haiku") == ["openai:gpt-4-0613"]
    assert resolved(index, "claude-2") == ["openai:gpt-4.1"]
    assert resolved(index, "claude-3-opus") == ["claude:claude-3-opus"]


def test_a_wildcard_that_points_into_itself_ends() -> None:
    index = names(OPENAI, aliases=(alias("loop-*", "loop-a"), alias("loop-b*", "loop-b")))

    assert resolved(index, "loop-x") == []
    assert resolved(index, "loop-b") == []


@pytest.mark.parametrize("word", ["default", "auto"])
def test_default_means_the_tenants_default_model_else_the_platforms(word: str) -> None:
    index = names(OPENAI, defaults={None: "gpt-4", ACME: "openai.gpt-4.1", BOLT: ""})

    assert resolved(index, word) == ["openai:gpt-4.1"]
    assert resolved(index, word, tenant=BOLT) == ["openai:gpt-4-0613"]
    assert resolved(names(OPENAI), word) == []


def test_names_match_in_any_case_when_nothing_else_does() -> None:
    assert resolved(names(OPENAI), "GPT-4") == ["openai:gpt-4-0613"]


def test_a_known_prefix_reaches_a_provider_that_takes_unlisted_models() -> None:
    open_minded = provider("openai", target("gpt-4"), allow_unlisted_models=True)
    bare = provider("mock", allow_unlisted_models=True)

    assert resolved(names(open_minded), "gpt-6-preview") == ["openai:gpt-6-preview"]
    assert resolved(names(open_minded), "text-embedding-9") == ["openai:text-embedding-9"]
    assert resolved(names(bare), "mock-new") == ["mock:mock-new"]
    assert resolved(names(OPENAI), "gpt-6-preview") == []


def test_a_qualified_unlisted_name_is_passed_on_where_that_is_allowed() -> None:
    open_minded = provider("openai", allow_unlisted_models=True)

    assert resolved(names(open_minded), "openai.brand-new") == ["openai:brand-new"]
    assert resolved(names(open_minded), "openai.") == []
    assert resolved(names(OPENAI), "openai.brand-new") == []


def test_an_unlisted_embedding_model_is_known_by_its_name() -> None:
    open_minded = provider("openai", allow_unlisted_models=True)

    (match,) = names(open_minded).resolve("openai.my-embedder", tenant_id=ACME, now=NOW)

    assert match.target.operations == {"embeddings"}


def test_chains_of_aliases_end_after_three_steps() -> None:
    chain = (
        alias("a", "b"),
        alias("b", "c"),
        alias("c", "d"),
        alias("d", "e"),
        alias("e", "gpt-4"),
    )
    index = names(OPENAI, aliases=chain)

    assert resolved(index, "c") == ["openai:gpt-4-0613"]
    assert resolved(index, "a") == []


@pytest.mark.parametrize("reference", ["x" * (MAX_LENGTH + 1), "gpt\n4", "gpt\x00", "a\x7fb"])
def test_what_cannot_be_a_name_is_refused(reference: str) -> None:
    with pytest.raises(BadReference):
        resolved(names(OPENAI), reference)


def near(index: Names, reference: str, *, but: str = "") -> tuple[str, ...]:
    return index.nearest(
        reference, tenant_id=ACME, now=NOW, may=lambda name, match: name not in but.split()
    )


def test_near_names_are_suggested() -> None:
    index = names(OPENAI, aliases=(alias("gpt-best", "gpt-4"),))

    assert "gpt-4" in near(index, "gpt-44")
    assert "gpt-4" not in near(index, "gpt-44", but="gpt-4")
    assert near(index, "zzz") == ()


def test_no_name_that_cannot_be_called_is_suggested() -> None:
    index = names(
        provider("shared", target("gpt-secret"), visible_to=(BOLT,)),
        provider("bolts", target("gpt-secret-2"), tenant_id=BOLT),
        provider("off", target("gpt-secret-3"), enabled=False),
        provider("half", target("gpt-secret-4", enabled=False), target("gpt-secret-5")),
        aliases=(
            alias("gpt-secret-6", "gpt-secret"),
            alias("gpt-secret-7", "gpt-secret-5", expires_at=NOW),
        ),
    )

    assert near(index, "gpt-secret") == ("gpt-secret-5",)


def test_a_wrong_name_is_told_quickly_among_thousands() -> None:
    many = provider("many", *(target(f"vendor-model-{n}-turbo") for n in range(2_000)))
    index = names(many)
    began = time.process_time()
    found = near(index, "vendor-model-77-turbo-2026" * 9)
    took_s = time.process_time() - began

    assert near(index, "vendor-model-77-turb")[0] == "vendor-model-77-turbo"
    assert found == ()
    assert took_s < 0.05 * FACTOR


def test_lists_hold_enabled_targets_and_live_aliases_once() -> None:
    off = provider("off", target("x"), enabled=False)
    half = provider("half", target("y"), target("z", enabled=False))
    index = names(
        off,
        half,
        aliases=(
            alias("fast", "y"),
            alias("fast", "z", tenant_id=ACME),
            alias("gone", "y", expires_at=NOW),
            alias("any-*", "y"),
        ),
    )

    listed = [match.qualified for match in index.listed(tenant_id=ACME, now=NOW)]

    assert listed == ["half.y"]
    assert list(index.aliases(tenant_id=ACME, now=NOW)) == ["fast"]
    assert [row.slug for row in index.providers(tenant_id=ACME, now=NOW)] == ["half"]


@given(st.text(max_size=40))
def test_any_text_is_resolved_or_refused(text: str) -> None:
    index = names(OPENAI, AZURE, HUB, aliases=(alias("a*", "gpt-4"), alias("b", "a")))
    try:
        index.resolve(text, tenant_id=ACME, now=NOW)
    except BadReference:
        assert any(char < " " or char == "\x7f" for char in text)


def test_only_the_owners_named_are_told_anew() -> None:
    own = provider("own", target("m"), tenant_id=ACME)
    before = names(
        OPENAI, own, aliases=(alias("fast", "gpt-4"), alias("mine", "m", tenant_id=ACME))
    )

    after = before.renewed(
        owners=(ACME,),
        providers=(provider("other"), provider("new", target("m"), tenant_id=ACME)),
        aliases=(alias("slow", "gpt-4"), alias("ours", "m", tenant_id=ACME)),
        settings={},
    )

    assert after.platform is before.platform
    assert resolved(after, "ours") == resolved(after, "m") == ["new:m"]
    assert resolved(after, "mine") == resolved(after, "slow") == []
    assert resolved(after, "fast") == ["openai:gpt-4-0613"]
