"""What could not be carried over, as it is noticed."""

from msgspec import Raw

from protocols.codec import Loss
from protocols.losses import Losses

EXTRA = {"beta_field": Raw(b"1"), "other": Raw(b"2")}


def test_losses_are_kept_in_order() -> None:
    losses = Losses()
    losses.add("seed", "seed", "has no seed")
    losses.add("image", "messages[0]", "takes no images", content=True)
    assert losses.found == [
        Loss(code="seed", path="seed", why="has no seed"),
        Loss(code="image", path="messages[0]", why="takes no images", content=True),
    ]


def test_each_unknown_field_is_one_loss_with_its_name() -> None:
    losses = Losses()
    losses.unknown(EXTRA, but=("other",))
    losses.unknown(EXTRA, path="tools[0]", but=("beta_field",))
    losses.unknown(None)
    found = [(loss.code, loss.path) for loss in losses.found]
    assert found == [("other:beta_field", "beta_field"), ("other:other", "tools[0].other")]
