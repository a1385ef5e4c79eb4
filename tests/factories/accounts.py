"""Rows of accounts; made inside whatever scope the test has opened."""

from datetime import timedelta
from typing import Any

import factory
from allauth.account.models import EmailAddress
from django.utils import timezone

from accounts import keys
from accounts.models import (
    ApiKey,
    ApiKeySecret,
    Invite,
    Membership,
    Role,
    Team,
    TeamMember,
    Tenant,
    User,
)
from accounts.peppers import current_pepper
from accounts.services.invites import token_digest

PASSWORD = "correct-horse-battery"


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = User

    email = factory.Sequence(lambda n: f"person{n}@example.test")
    display_name = factory.Sequence(lambda n: f"Person {n}")
    password = factory.django.Password(PASSWORD)

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **kwargs: Any) -> User:
        user: User = super()._create(model_class, *args, **kwargs)
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        return user


class TenantFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Tenant

    slug = factory.Sequence(lambda n: f"tenant-{n}")
    name = factory.Sequence(lambda n: f"Tenant {n}")


class MembershipFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Membership

    tenant = factory.SubFactory(TenantFactory)
    user = factory.SubFactory(UserFactory)
    role = Role.DEVELOPER


class TeamFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Team

    tenant = factory.SubFactory(TenantFactory)
    name = factory.Sequence(lambda n: f"Team {n}")


class TeamMemberFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = TeamMember

    tenant = factory.SelfAttribute("team.tenant")
    team = factory.SubFactory(TeamFactory)
    user = factory.SubFactory(UserFactory)
    lead = False


class InviteFactory(factory.django.DjangoModelFactory):
    """`token` is what the mail would carry."""

    class Meta:
        model = Invite

    class Params:
        token = factory.Sequence(lambda n: f"token-{n}")

    tenant = factory.SubFactory(TenantFactory)
    email = factory.Sequence(lambda n: f"guest{n}@example.test")
    role = Role.DEVELOPER
    token_sha256 = factory.LazyAttribute(lambda invite: token_digest(invite.token))
    expires_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=7))


class ApiKeyFactory(factory.django.DjangoModelFactory):
    """With one secret; `value` is the full key."""

    class Meta:
        model = ApiKey

    tenant = factory.SubFactory(TenantFactory)
    name = factory.Sequence(lambda n: f"key {n}")
    environment = "live"

    @classmethod
    def _create(cls, model_class: type[ApiKey], *args: Any, **kwargs: Any) -> ApiKey:
        minted = keys.mint(environment=kwargs["environment"])
        key: Any = super()._create(model_class, *args, public_id=minted.public_id, **kwargs)
        pepper = current_pepper()
        ApiKeySecret.objects.create(
            tenant_id=key.tenant_id,
            key=key,
            digest=keys.digest(value=minted.value, pepper=pepper),
            pepper_id=keys.pepper_id(pepper),
            suffix=minted.suffix,
        )
        key.value = minted.value
        issued: ApiKey = key
        return issued
