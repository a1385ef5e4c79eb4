"""Pieces of answers that several kinds of rows share.

Fields named label, data, errors or parent hide attributes of DRF's classes, not of instances.
"""

from typing import Any

from rest_framework import serializers


class NamedId(serializers.Serializer[Any]):
    id = serializers.CharField()
    name = serializers.CharField()


class Person(serializers.Serializer[Any]):
    id = serializers.CharField()
    email = serializers.EmailField()
    display_name = serializers.CharField(allow_blank=True)


class Creator(serializers.Serializer[Any]):
    """A user as who made something."""

    id = serializers.CharField()
    label = serializers.CharField(source="email")  # type: ignore[assignment]


class ListQuery(serializers.Serializer[Any]):
    """Paging, which every list has."""

    limit = serializers.IntegerField(
        required=False, min_value=1, max_value=200, help_text="Rows per page; 50 without."
    )
    cursor = serializers.CharField(
        required=False, help_text="`next_cursor` of the page before, with the same filters."
    )

    def to_internal_value(self, data: Any) -> Any:
        unknown = sorted(name for name in data if name not in self.fields)
        if unknown:
            known = ", ".join(self.fields)
            raise serializers.ValidationError(
                {
                    name: [
                        serializers.ErrorDetail(
                            f"unknown parameter; known: {known}", code="unknown_parameter"
                        )
                    ]
                    for name in unknown
                }
            )
        return super().to_internal_value(data)
