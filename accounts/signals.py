"""The only signal of the product.

Sent by services inside the transaction of the change, with `kind`, `id` and `tenant` (None for
platform rows); whoever publishes configuration listens.
"""

from typing import Final

from django.dispatch import Signal

configuration_changed: Final = Signal()
