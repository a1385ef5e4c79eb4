"""Whose price list a provider's models are on. Pure.

Law: a host that nobody's list is known for has no list, whatever dialect is spoken there: a model
is never priced by another vendor's row.
"""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

# Where the base URL is the kind's own.
OF_KIND: Final[Mapping[str, str]] = {
    "openai": "openai",
    "anthropic": "anthropic",
    "bedrock": "aws",
    "mock": "mock",
}

# Host, or the domain it is below.
OF_HOST: Final[Mapping[str, str]] = {
    "ai-gateway.vercel.sh": "vercel",
    "aihubmix.com": "aihubmix",
    "anthropic.com": "anthropic",
    "api.ai21.com": "ai21",
    "api.arcee.ai": "arcee",
    "api.avian.io": "avian",
    "api.cerebras.ai": "cerebras",
    "api.cognition.ai": "cognition",
    "api.cohere.ai": "cohere",
    "api.cohere.com": "cohere",
    "api.deepinfra.com": "deepinfra",
    "api.deepseek.com": "deepseek",
    "api.doubleword.ai": "doubleword",
    "api.featherless.ai": "featherless",
    "api.fireworks.ai": "fireworks",
    "api.friendli.ai": "friendli",
    "api.gmi-serving.com": "gmi",
    "api.groq.com": "groq",
    "api.hyperbolic.xyz": "hyperbolic",
    "api.inceptionlabs.ai": "inception",
    "api.inference.crusoecloud.com": "crusoe",
    "api.inference.wandb.ai": "wandb",
    "api.lambda.ai": "lambda",
    "api.llama.com": "llama",
    "api.meta.ai": "meta",
    "api.minimax.io": "minimax",
    "api.minimaxi.com": "minimax",
    "api.mistral.ai": "mistral",
    "api.moonshot.ai": "moonshotai",
    "api.moonshot.cn": "moonshotai",
    "api.morphllm.com": "morph",
    "api.novita.ai": "novita",
    "api.openai.com": "openai",
    "api.perplexity.ai": "perplexity",
    "api.publicai.co": "publicai",
    "api.sambanova.ai": "sambanova",
    "api.scaleway.ai": "scaleway",
    "api.studio.nebius.ai": "nebius",
    "api.together.ai": "together",
    "api.together.xyz": "together",
    "api.v0.dev": "v0",
    "api.voyageai.com": "voyageai",
    "api.x.ai": "x-ai",
    "api.xiaomimimo.com": "xiaomi",
    "api.z.ai": "zai",
    "ark.cn-beijing.volces.com": "volcengine",
    "codestral.mistral.ai": "mistral",
    "cognitiveservices.azure.com": "azure",
    "dashscope-intl.aliyuncs.com": "dashscope",
    "dashscope.aliyuncs.com": "dashscope",
    "gigachat.devices.sberbank.ru": "gigachat",
    "generativelanguage.googleapis.com": "google",
    "api.hunyuan.cloud.tencent.com": "tencent",
    "inference.api.nscale.com": "nscale",
    "inference.baseten.co": "baseten",
    "oai.endpoints.kepler.ai.cloud.ovh.net": "ovhcloud",
    "open.bigmodel.cn": "zhipuai",
    "openai.azure.com": "azure",
    "openrouter.ai": "openrouter",
    "serverless.tensormesh.ai": "tensormesh",
    "services.ai.azure.com": "azure",
    "tokenhub-intl.tencentcloudmaas.com": "tencent",
    "vanchin.streamlake.ai": "streamlake",
}

# Where anybody may have a host below the vendor's domain.
OF_PATTERN: Final = (
    (re.compile(r"bedrock[a-z-]*\.[a-z0-9-]+\.(?:amazonaws\.com(?:\.cn)?|api\.aws)"), "aws"),
    (re.compile(r"(?:[a-z0-9-]+-)?aiplatform\.googleapis\.com"), "google"),
)


def vendor_of(*, kind: str, base_url: str) -> str:
    """Empty: nobody's list."""
    if not base_url or base_url.startswith("mock:"):
        return OF_KIND.get(kind, "")
    host = urlsplit(base_url).hostname or ""
    for pattern, vendor in OF_PATTERN:
        if pattern.fullmatch(host):
            return vendor
    while host:
        if host in OF_HOST:
            return OF_HOST[host]
        _, _, host = host.partition(".")
    return ""
