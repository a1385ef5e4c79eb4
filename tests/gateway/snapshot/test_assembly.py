"""Rows become snapshots: any order of changes, nothing handed out ever changes."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from gateway.snapshot.rows import Row
from tests.gateway.snapshot.compiled import (
    OTHER_RING,
    alias_row,
    apply,
    credential,
    data_key_row,
    facts,
    key_row,
    new_assembly,
    provider_row,
    revealed,
    row,
    settings_row,
    tenant_row,
)


def test_a_snapshot_shares_what_did_not_change() -> None:
    assembly = new_assembly()
    first = apply(
        assembly,
        tenant_row("t1", 1),
        key_row("aa0000000001", 2),
        key_row("bb0000000001", 3),
        provider_row("openai", 4),
    )
    second = apply(assembly, key_row("aa0000000002", 5))
    assert second.version == 5
    assert second.tenants is first.tenants
    assert second.providers is first.providers
    assert second.names is first.names
    assert second.key_shards["bb"] is first.key_shards["bb"]
    assert first.key("aa0000000002") is None
    assert second.key("aa0000000002") is not None
    assert second.key("aa0000000001") is first.key("aa0000000001")


def test_a_key_that_is_gone_is_unknown() -> None:
    assembly = new_assembly()
    first = apply(assembly, key_row("aa0000000001", 1))
    second = apply(assembly, key_row("aa0000000001", 2, gone=True))
    assert second.key("aa0000000001") is None
    assert second.key_shards == {}
    assert first.key("aa0000000001") is not None


def test_the_anonymous_key_is_found() -> None:
    assembly = new_assembly()
    assert apply(assembly, key_row("aa0000000001", 1)).anonymous is None
    found = apply(assembly, key_row("aa0000000002", 2, kind="anonymous")).anonymous
    assert found is not None
    assert found.public_id == "aa0000000002"
    assert apply(assembly, key_row("aa0000000002", 3, gone=True)).anonymous is None


def test_a_kind_of_a_newer_release_is_passed_over() -> None:
    assembly = new_assembly()
    snapshot = apply(assembly, row("guardrail", "g", 1, {"a": 1}), tenant_row("t1", 2))
    assert set(snapshot.tenants) == {"t1"}
    assert assembly.bad_rows == 0


# --- rows that cannot be read ---------------------------------------------------------------------


@pytest.mark.parametrize("payload", [b'{"id": 7}', b"{", b'{"id": "\xff"}', b""])
def test_a_bad_row_is_told_once_counted_and_replaces_what_was_there(payload: bytes) -> None:
    assembly = new_assembly()
    apply(assembly, key_row("aa0000000001", 1), key_row("aa0000000002", 2))
    bad = Row("key", "pk-aa0000000001", "aa0000000001", 3, payload)
    with capture_logs() as logs:
        snapshot = apply(assembly, bad)
        apply(assembly, bad)
    assert [(line["event"], line["object_id"]) for line in logs] == [("bad_row", bad.object_id)]
    # It may have been the row that revokes the key.
    assert snapshot.key("aa0000000001") is None
    assert snapshot.key("aa0000000002") is not None
    assert assembly.bad_rows == 1
    apply(assembly, key_row("aa0000000001", 4))
    assert assembly.bad_rows == 0


def test_a_bad_row_that_goes_is_no_longer_counted() -> None:
    assembly = new_assembly()
    apply(assembly, Row("tenant", "t1", "t1", 1, b"no json"))
    assert assembly.bad_rows == 1
    apply(assembly, tenant_row("t1", 2, gone=True))
    assert assembly.bad_rows == 0


# --- secrets --------------------------------------------------------------------------------------


def test_secrets_are_opened_whichever_comes_first() -> None:
    assembly = new_assembly()
    early = apply(assembly, provider_row("openai", 1, credential("c1", "sk-1")))
    assert early.secrets == {}
    assert early.providers["openai"].credentials == ()
    assert assembly.bad_rows == 1
    whole = apply(assembly, data_key_row(0, 2))
    assert revealed(whole) == {"c1": b"sk-1"}
    assert [one.id for one in whole.providers["openai"].credentials] == ["c1"]
    assert assembly.bad_rows == 0


def test_a_credential_without_a_secret_needs_none() -> None:
    snapshot = apply(new_assembly(), provider_row("local", 1, credential("c1")))
    assert [one.id for one in snapshot.providers["local"].credentials] == ["c1"]
    assert snapshot.secrets == {}


def test_a_new_secret_replaces_the_old_one_and_a_removed_one_is_gone() -> None:
    assembly = new_assembly()
    first = apply(
        assembly,
        data_key_row(0, 1),
        provider_row("openai", 2, credential("c1", "sk-1"), credential("c2", "sk-2")),
    )
    second = apply(assembly, provider_row("openai", 3, credential("c1", "sk-new")))
    assert revealed(first) == {"c1": b"sk-1", "c2": b"sk-2"}
    assert revealed(second) == {"c1": b"sk-new"}
    assert apply(assembly, provider_row("openai", 4, credential("c1"))).secrets == {}
    assert apply(assembly, provider_row("openai", 5, gone=True)).providers == {}


def test_an_unchanged_secret_is_not_opened_again() -> None:
    assembly = new_assembly()
    kept = credential("c1", "sk-1")
    first = apply(assembly, data_key_row(0, 1), provider_row("openai", 2, kept))
    second = apply(assembly, provider_row("openai", 3, kept, priority=5))
    assert second.secrets["c1"] is first.secrets["c1"]


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (credential("c1", "sk-1", row_id="c2"), "does not belong to this place"),
        (credential("c1", "sk-1", tenant="t1"), "does not belong to this place"),
        (credential("c1", "sk-1", number=1), "is not there"),
        (
            msgspec.structs.replace(credential("c1", "sk-1"), sealed=b"v1 and no more"),
            "not a sealed value",
        ),
    ],
    ids=["another row's", "another tenant's", "without its key", "garbled"],
)
def test_a_secret_that_does_not_open_leaves_only_its_credential_out(bad: Any, why: str) -> None:
    assembly = new_assembly()
    with capture_logs() as logs:
        snapshot = apply(
            assembly,
            data_key_row(0, 1),
            provider_row("openai", 2, bad, credential("fine", "sk-2")),
        )
        apply(assembly, provider_row("openai", 3, bad, credential("fine", "sk-2")))
    assert [one.id for one in snapshot.providers["openai"].credentials] == ["fine"]
    assert revealed(snapshot) == {"fine": b"sk-2"}
    [line] = logs
    assert why in line["error"]
    assert "sk-" not in str(logs)
    assert assembly.bad_rows == 1
    apply(assembly, provider_row("openai", 4, credential("fine", "sk-2")))
    assert assembly.bad_rows == 0


def test_a_data_key_of_an_unknown_kek_opens_nothing_and_disturbs_nobody() -> None:
    assembly = new_assembly()
    with capture_logs() as logs:
        snapshot = apply(
            assembly,
            data_key_row(0, 1, ring=OTHER_RING),
            provider_row("openai", 2, credential("c1", "sk-1")),
        )
    assert snapshot.secrets == {}
    assert OTHER_RING.current.id in logs[0]["error"]


def test_a_data_key_wrapped_anew_for_a_kek_that_is_not_here_disturbs_nobody() -> None:
    assembly = new_assembly()
    apply(assembly, data_key_row(0, 1), provider_row("openai", 2, credential("c1", "sk-1")))
    after = apply(
        assembly,
        data_key_row(0, 3, ring=OTHER_RING),
        provider_row("openai", 4, credential("c1", "sk-2")),
    )
    assert revealed(after) == {"c1": b"sk-2"}


def test_a_shredded_data_key_takes_what_it_opened_along() -> None:
    assembly = new_assembly()
    apply(
        assembly,
        data_key_row(0, 1),
        data_key_row(1, 2),
        provider_row("a", 3, credential("c1", "sk-1")),
        provider_row("b", 4, credential("c2", "sk-2", number=1)),
    )
    after = apply(assembly, data_key_row(0, 5, gone=True))
    assert revealed(after) == {"c2": b"sk-2"}
    assert after.providers["a"].credentials == ()


def test_a_secret_taken_away_while_its_key_is_shredded_is_forgotten() -> None:
    assembly = new_assembly()
    apply(assembly, data_key_row(0, 1), provider_row("openai", 2, credential("c", "one")))
    after = apply(
        assembly, data_key_row(0, 3, gone=True), provider_row("openai", 4, credential("c"))
    )
    assert revealed(after) == {}


# --- names ----------------------------------------------------------------------------------------


def test_names_of_others_are_shared_when_one_changes() -> None:
    assembly = new_assembly()
    first = apply(
        assembly,
        provider_row("openai", 1),
        provider_row("mine", 2, tenant_id="t1"),
        provider_row("yours", 3, tenant_id="t2"),
    ).names
    second = apply(assembly, provider_row("mine", 4, tenant_id="t1", priority=7)).names
    assert second.tenants["t1"] is not first.tenants["t1"]
    assert second.tenants["t2"] is first.tenants["t2"]
    assert second.platform is first.platform
    third = apply(assembly, provider_row("mine", 5, gone=True)).names
    assert set(third.tenants) == {"t2"}


def test_names_follow_a_provider_to_another_owner() -> None:
    assembly = new_assembly()
    apply(assembly, provider_row("openai", 1, tenant_id="t1"))
    names = apply(assembly, provider_row("openai", 2)).names
    assert set(names.platform.providers) == {"openai"}
    assert not names.tenants


def test_names_follow_providers_aliases_and_settings() -> None:
    assembly = new_assembly()
    first = apply(assembly, provider_row("openai", 1))
    second = apply(assembly, alias_row("fast", 2, "gpt-4"))
    third = apply(assembly, settings_row("", 3, "fast"))
    fourth = apply(assembly, alias_row("fast", 4, "gpt-4", gone=True))
    names = [facts(one)[4] for one in (first, second, third, fourth)]
    assert all(names.count(one) == 1 for one in names)


# --- any sequence ---------------------------------------------------------------------------------

PUBLIC_IDS = st.sampled_from([f"{shard}000000000{n}" for shard in ("aa", "ab") for n in (1, 2, 3)])
BAD = st.builds(
    lambda public_id, version: Row("key", f"pk-{public_id}", public_id, version, b"{"),
    PUBLIC_IDS,
    st.just(0),
)
ROWS = st.one_of(
    st.builds(
        key_row,
        PUBLIC_IDS,
        st.just(0),
        gone=st.booleans(),
        status=st.sampled_from(["active", "disabled", "revoked"]),
        kind=st.sampled_from(["client", "anonymous"]),
    ),
    BAD,
    st.builds(
        tenant_row,
        st.sampled_from(["t1", "t2"]),
        st.just(0),
        gone=st.booleans(),
        status=st.sampled_from(["active", "suspended"]),
    ),
    st.builds(data_key_row, st.sampled_from([0, 1]), st.just(0), gone=st.booleans()),
    st.builds(
        lambda slug, secret, number, gone, priority: provider_row(
            slug,
            0,
            credential(f"{slug}-c", secret, number=number),
            gone=gone,
            priority=priority,
        ),
        st.sampled_from(["p1", "p2"]),
        st.sampled_from(["", "one", "two"]),
        st.sampled_from([0, 1]),
        st.booleans(),
        st.sampled_from([1, 2]),
    ),
    st.builds(
        alias_row,
        st.sampled_from(["fast", "slow"]),
        st.just(0),
        st.sampled_from(["gpt-4", "gpt-5"]),
        gone=st.booleans(),
    ),
    st.builds(
        settings_row, st.sampled_from(["", "t1"]), st.just(0), st.sampled_from(["gpt-4", "fast"])
    ),
)


@settings(deadline=None)
@given(batches=st.lists(st.lists(ROWS, max_size=6), max_size=6))
def test_any_sequence_of_changes_ends_where_a_full_load_does(batches: list[list[Row]]) -> None:
    assembly, version = new_assembly(), 0
    stored: dict[tuple[str, str], Row] = {}
    handed_out = []
    for batch in batches:
        numbered = []
        for one in batch:
            version += 1
            numbered.append(Row(one.kind, one.object_id, one.name, version, one.payload))
            stored[one.kind, one.object_id] = numbered[-1]
        snapshot = apply(assembly, *numbered)
        handed_out.append((snapshot, facts(snapshot)))
    in_order = sorted(stored.values(), key=lambda one: one.version)
    whole = apply(new_assembly(), *in_order)
    assert facts(assembly.snapshot(version)) == facts(whole)
    for snapshot, as_it_was in handed_out:
        assert facts(snapshot) == as_it_was
