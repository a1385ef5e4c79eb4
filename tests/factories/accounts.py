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
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@example.test")
    display_name = factory.Sequence(lambda n: f"Person {n}")
    password = factory.django.Password(PASSWORD)

    @factory.post_generation
    def address(self, create: bool, _extracted: Any, **_: Any) -> None:  # noqa: FBT001 - factory-boy's signature
        if create:
            EmailAddress.objects.create(user=self, email=self.email, verified=True, primary=True)


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
        skip_postgeneration_save = True

    tenant = factory.SubFactory(TenantFactory)
    name = factory.Sequence(lambda n: f"key {n}")
    environment = "live"
    public_id = factory.LazyFunction(keys.new_public_id)

    @factory.post_generation
    def secret(self, create: bool, extracted: str | None, **_: Any) -> None:  # noqa: FBT001 - factory-boy's signature
        if not create:
            return
        value = extracted or keys.mint(environment=self.environment, public_id=self.public_id).value
        pepper = current_pepper()
        ApiKeySecret.objects.create(
            tenant_id=self.tenant_id,
            key=self,
            digest=keys.digest(value=value, pepper=pepper),
            pepper_id=keys.pepper_id(pepper),
            suffix=value[-4:],
        )
        self.value = value
