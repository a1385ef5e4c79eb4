"""What media of a request lie elsewhere, and where they stand in it."""

from protocols import ir
from protocols.media import Linked, linked_media


def picture(name: str) -> ir.Media:
    return ir.Media(kind="image", source=ir.Link(url=f"https://x.example/{name}"))


def test_media_are_found_wherever_they_stand() -> None:
    blocks = ir.Media(
        kind="document", source=ir.InlineBlocks(content=(ir.Text(text="a"), picture("within")))
    )
    result = ir.ToolResult(call_id="c", content=(picture("result"),))
    here = ir.Media(kind="image", source=ir.Inline(data=""))
    request = ir.Request(
        dialect="openai.chat",
        model="m",
        messages=(
            ir.Message(role="user", content=(ir.Text(text="Hi"), picture("plain"), here)),
            ir.Message(role="user", content=(blocks, result)),
        ),
    )

    assert list(linked_media(request)) == [
        Linked("messages[0].content[1]", "image", "https://x.example/plain"),
        Linked("messages[1].content[0].source.content[1]", "image", "https://x.example/within"),
        Linked("messages[1].content[1].content[0]", "image", "https://x.example/result"),
    ]
