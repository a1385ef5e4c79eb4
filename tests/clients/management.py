"""The management API as an operator's script uses it, with the master key."""

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Final

import httpx
import msgspec

from tests.faults.installation import wait_until

MASTER_KEY: Final = "test-only-master-key-of-forty-characters"
TENANT: Final = "default"
# What a gateway needs to be managed this way and to reach vendors on this machine.
SETTINGS: Final = {
    "MASTER_API_KEY": MASTER_KEY,
    "EGRESS_ALLOW_CIDRS": "127.0.0.0/8",
    "EGRESS_ALLOW_HTTP_HOSTS": "127.0.0.1",
}
INFERENCE: Final = ("inference", "embeddings", "models:read")


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """A row below a provider; without a public name it is called as upstream."""

    name: str
    public_name: str = ""
    operations: tuple[str, ...] = ("chat",)
    capabilities: Mapping[str, Any] = {}


class Issued(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    value: str


class Management:
    def __init__(self, base_url: str) -> None:
        self._client = httpx.Client(
            base_url=f"{base_url}/api/v1",
            headers={
                "Authorization": f"Bearer {MASTER_KEY}",
                "X-Switchyard-Tenant": TENANT,
            },
            timeout=30,
            trust_env=False,
        )
        self._base_url = base_url

    def __enter__(self) -> "Management":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._client.close()

    def key(self, *, name: str = "clients", **fields: Any) -> Issued:
        made = self._post("keys", name=name, **fields)
        return Issued(id=made["id"], value=made["key"])

    def revoke(self, key: Issued) -> None:
        self._post(f"keys/{key.id}/revoke")

    def aws_pair(self, key: Issued) -> tuple[str, str]:
        """For clients that sign: access key id and secret access key."""
        made = self._post(f"keys/{key.id}/aws-pair")
        return made["access_key_id"], made["secret_access_key"]

    def provider(
        self,
        *,
        slug: str,
        kind: str,
        base_url: str,
        secrets: Sequence[str],
        models: Sequence[Model] = (),
        **fields: Any,
    ) -> str:
        """Its id, with one credential per secret in their order; all of it in one write."""
        made = self._post(
            "providers",
            slug=slug,
            name=slug,
            kind=kind,
            base_url=base_url,
            credentials=[
                {"name": f"key-{number}", "kind": "api_key", "secret": secret}
                for number, secret in enumerate(secrets)
            ],
            models=[
                {
                    "upstream_name": model.name,
                    "public_name": model.public_name or model.name,
                    "operations": list(model.operations),
                    "capabilities": model.capabilities,
                    "enabled": True,
                }
                for model in models
            ],
            **fields,
        )
        return str(made["id"])

    def price(self, *, provider: str, model: str, rates: dict[str, str]) -> None:
        """What the operator pays for models whose names begin so, from now on."""
        self._post(
            "prices",
            scope="operator",
            provider=provider,
            model=model,
            match="prefix",
            rates=rates,
        )

    def wait_until_callable(self, model: str, *, key: Issued, within_s: float = 10) -> None:
        """Until every worker's snapshot has it: one that has, is enough where there is one."""
        with httpx.Client(
            base_url=self._base_url,
            headers={"Authorization": f"Bearer {key.value}"},
            trust_env=False,
        ) as client:
            wait_until(lambda: client.get(f"/v1/models/{model}").is_success, within_s=within_s)

    def wait_until_known(self, slug: str, *, key: Issued, within_s: float = 10) -> None:
        """The same for a provider without listed models."""
        with httpx.Client(
            base_url=self._base_url,
            headers={"Authorization": f"Bearer {key.value}"},
            trust_env=False,
        ) as client:
            wait_until(lambda: slug in _providers(client), within_s=within_s)

    def _post(self, path: str, **fields: Any) -> Any:
        answer = self._client.post(f"/{path}", json=fields)
        assert answer.is_success, f"{path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None


def _providers(client: httpx.Client) -> set[str]:
    answer = client.get("/v1/providers")
    return {row["id"] for row in answer.json()["data"]} if answer.is_success else set()
