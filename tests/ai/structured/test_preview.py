"""The look at an answer that is still being written."""

import pytest

from ai.structured.preview import preview


@pytest.mark.parametrize(
    ("so_far", "shown"),
    [
        ("", None),
        ("Sure, here", None),
        ("<think>maybe {", None),
        ("{", {}),
        ('{"title": "The La', {"title": "The La"}),
        (
            '```json\n{"title": "A", "scenes": [{"title": "B"',
            {"title": "A", "scenes": [{"title": "B"}]},
        ),
        ('<think>{"a": 1}</think>{"title": "A"', {"title": "A"}),
        ('{"title": "A"} and more', {"title": "A"}),
        ("{not json", None),
        ("[" * 100_000, None),
    ],
)
def test_a_growing_answer_shows_what_can_be_read_of_it(so_far, shown):
    assert preview(so_far) == shown
