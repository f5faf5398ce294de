"""No field that says something comes out empty without a finding, a repair or a dead letter."""

from typing import Any

import pytest

from bench.quality.fields import lost_fields

STORY = "The council agreed on Monday to repair the old bridge over the river before winter."
WHOLE = {
    "title": "Council agrees to repair the bridge",
    "text": STORY,
    "description": "Work begins in spring.",
    "author": "Ana Lima",
    "published_at": "2024-10-15",
    "language": "en",
    "source": "River Post",
    "url": "https://river.example/bridge",
}


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"author": "View all posts"},
        {"author": ["info@river.example"]},
        {"published_at": "soon"},
        {"published_at": "03/04/2021"},
        {"published_at": "1970-01-01"},
        {"language": "Zorbish"},
        {"title": "<div></div>"},
        {"text": "Share this article"},
        {"text": ["Share this article", {"type": "image"}]},
    ],
)
def test_what_a_field_says_is_kept_or_told(odd: dict[str, Any]):
    assert not lost_fields({**WHOLE, **odd})


def test_a_field_that_is_empty_is_noticed():
    assert lost_fields({"title": "Council agrees", "text": STORY}) >= {"url", "source"}
