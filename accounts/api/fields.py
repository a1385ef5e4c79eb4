"""Serializer fields that take exactly what the API reference says, and bodies that take no more."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers


class Text(serializers.CharField):
    """Numbers and booleans are no text."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class WholeNumber(serializers.IntegerField):
    """`"5"`, 5.0 and true are no whole numbers."""

    def to_internal_value(self, data: Any) -> int:
        if type(data) is not int:
            self.fail("invalid")
        return super().to_internal_value(data)


class Flag(serializers.BooleanField):
    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class Choice(serializers.ChoiceField):
    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid_choice", input=data)
        return str(super().to_internal_value(data))


class Money(serializers.DecimalField):
    """A decimal string with up to nine places; a JSON number would lose digits."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=20, decimal_places=9, min_value=0, **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Words(serializers.ListField):
    """A list of texts."""

    def __init__(self, *, length: int, most: int, **kwargs: Any) -> None:
        super().__init__(child=Text(max_length=length), max_length=most, **kwargs)


class Pairs(serializers.DictField):
    """Texts by name."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(child=Text(allow_blank=True), **kwargs)


# A docstring would become the description of every body in the API reference.
class Strict(serializers.Serializer[Any]):
    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = sorted(str(name) for name in data if name not in self.fields)
            if unknown:
                known = ", ".join(
                    name for name, field in self.fields.items() if not field.read_only
                )
                raise serializers.ValidationError(
                    {
                        name: [
                            serializers.ErrorDetail(
                                f"unknown field; known: {known}", code="unknown_field"
                            )
                        ]
                        for name in unknown
                    }
                )
        return super().to_internal_value(data)
