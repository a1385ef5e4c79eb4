"""Whose price list a provider is on."""

import pytest

from providers.kinds import presets
from providers.vendors import OF_HOST, vendor_of


@pytest.mark.parametrize(
    ("kind", "base_url", "vendor"),
    [
        ("openai", "", "openai"),
        ("openai", "https://api.openai.com/v1", "openai"),
        ("anthropic", "https://api.anthropic.com", "anthropic"),
        ("anthropic", "https://open.bigmodel.cn/api/anthropic", "zhipuai"),
        ("openai_compatible", "https://API.Z.AI:443/api/paas/v4", "zai"),
        ("openai_compatible", "https://your.openai.azure.com/openai/v1", "azure"),
        ("openai_compatible", "https://bedrock-runtime.eu-west-1.amazonaws.com", "aws"),
        ("openai_compatible", "https://europe-west1-aiplatform.googleapis.com/v1", "google"),
        ("openai_compatible", "https://generativelanguage.googleapis.com/v1beta", "google"),
        ("mock", "mock:", "mock"),
    ],
)
def test_the_host_says_whose_list_it_is(kind: str, base_url: str, vendor: str) -> None:
    assert vendor_of(kind=kind, base_url=base_url) == vendor


@pytest.mark.parametrize(
    ("kind", "base_url"),
    [
        ("openai_compatible", ""),
        ("openai_compatible", "http://localhost:8000/v1"),
        ("openai", "https://openai.example/v1"),
        ("openai", "https://api.openai.com.example/v1"),
        ("openai", "nothing like a URL"),
        ("openai_compatible", "https://mine-123.eu-west-1.elb.amazonaws.com/v1"),
        ("openai_compatible", "https://ec2-3-8-1-2.compute-1.amazonaws.com/v1"),
        ("openai_compatible", "https://run.googleapis.com/v1"),
    ],
)
def test_a_host_that_nobody_knows_is_on_no_list(kind: str, base_url: str) -> None:
    assert vendor_of(kind=kind, base_url=base_url) == ""


def test_every_host_of_a_preset_with_a_list_is_known() -> None:
    vendors = {
        vendor_of(kind=str(preset["kind"]), base_url=str(preset["base_url"]))
        for preset in presets()
    }
    # The others are no presets: clouds, older hosts and kinds with an address of their own.
    assert set(OF_HOST.values()) - vendors == {"arcee", "azure"}
