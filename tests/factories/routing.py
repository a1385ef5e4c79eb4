"""Rows of names; made inside whatever scope the test has opened."""

import factory

from routing.models import Alias


class AliasFactory(factory.django.DjangoModelFactory):
    """Of the platform unless a tenant is given."""

    class Meta:
        model = Alias

    tenant = None
    name = factory.Sequence(lambda n: f"alias-{n}")
    to = "gpt-4"
