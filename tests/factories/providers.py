"""Rows of back-ends; made inside whatever scope the test has opened."""

from typing import Any

import factory
from django.conf import settings

from accounts.ids import new_id
from providers.models import Credential, HealthCheck, Price, PricePage, Provider, UpstreamModel
from providers.services.prices import price_row
from providers.services.vault import vault_from_setting
from providers.specs import PriceSpec


class ProviderFactory(factory.django.DjangoModelFactory):
    """Of the platform unless a tenant is given."""

    class Meta:
        model = Provider

    tenant = None
    slug = factory.Sequence(lambda n: f"provider-{n}")
    name = factory.Sequence(lambda n: f"Provider {n}")
    kind = "openai_compatible"
    base_url = "https://api.example.test/v1"


class CredentialFactory(factory.django.DjangoModelFactory):
    """With a `secret`, it is sealed and of kind api_key."""

    class Meta:
        model = Credential

    tenant = factory.SelfAttribute("provider.tenant")
    provider = factory.SubFactory(ProviderFactory)
    name = factory.Sequence(lambda n: f"credential {n}")
    kind = "none"

    @classmethod
    def _create(cls, model_class: type[Credential], *args: Any, **kwargs: Any) -> Credential:
        secret = kwargs.pop("secret", "")
        if secret:
            row_id, tenant = new_id(), kwargs["tenant"]
            vault = vault_from_setting(settings.KEY_ENCRYPTION_KEY)
            kwargs |= {
                "id": row_id,
                "kind": "api_key",
                "sealed_secret": vault.seal(
                    value=secret,
                    table="provider_credentials",
                    row=str(row_id),
                    field="sealed_secret",
                    tenant_id=tenant.id if tenant else None,
                ),
            }
        row: Credential = super()._create(model_class, *args, **kwargs)
        return row


class UpstreamModelFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = UpstreamModel

    tenant = factory.SelfAttribute("provider.tenant")
    provider = factory.SubFactory(ProviderFactory)
    upstream_name = factory.Sequence(lambda n: f"model-{n}")
    public_name = factory.SelfAttribute("upstream_name")


class HealthCheckFactory(factory.django.DjangoModelFactory):
    """`at` may lie in the past."""

    class Meta:
        model = HealthCheck

    tenant = factory.SelfAttribute("provider.tenant")
    provider = factory.SubFactory(ProviderFactory)
    mode = "models"
    ok = True

    @classmethod
    def _create(cls, model_class: type[HealthCheck], *args: Any, **kwargs: Any) -> HealthCheck:
        at = kwargs.pop("at", None)
        check: HealthCheck = super()._create(model_class, *args, **kwargs)
        if at is not None:
            HealthCheck.objects.filter(pk=check.pk).update(at=at)
            check.at = at
        return check


def make_price(provider: Provider, **terms: Any) -> Price:
    """What a tenant says its own provider costs."""
    page, _ = PricePage.objects.get_or_create(id=str(provider.tenant_id), tenant=provider.tenant)
    spec = PriceSpec(
        id=str(new_id()),
        scope="tenant",
        tenant_id=str(provider.tenant_id),
        provider=provider.slug,
        **{
            "version": "2026-11-18",
            "model": "gpt-4",
            "rates": {"in_fresh": "1", "out_text": "2"},
            **terms,
        },
    )
    row = price_row(spec, page_id=page.pk)
    row.save(force_insert=True)
    return row
