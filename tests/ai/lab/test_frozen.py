"""The frozen set: it changes only on purpose, and what it draws and expects holds."""

import pytest

from ai.director.tools import ALL
from ai.lab import pictures
from ai.lab.expectations import Calls, Palette, checks_of
from ai.lab.frozen import as_kept, frozen_set
from ai.lab.wordings import holes_of, shipped

TASKS = ("chat", "outline", "vision")
# Whoever edits a case gives its set the next version and writes the new digest here: results of
# another digest cannot be compared.
PINNED = {
    "chat": (1, 12, "a9223c4075e8"),
    "outline": (1, 8, "e2b3618f5cff"),
    "vision": (1, 4, "e410604ff748"),
}


@pytest.mark.parametrize("task", TASKS)
def test_the_frozen_set_is_the_one_that_results_were_made_with(task):
    own = frozen_set(task)

    assert (own.version, len(own.cases), own.digest) == PINNED[task]


@pytest.mark.parametrize("task", TASKS)
def test_every_case_has_a_key_of_its_own_and_expects_something(task):
    own = frozen_set(task)

    assert len(set(own.keys)) == len(own.keys)
    for case in own.cases:
        assert case["key"].startswith(f"{task}-")
        assert len(case["key"]) <= 80
        assert case["about"].endswith(".")
        assert len(case["expect"]) >= 2


@pytest.mark.parametrize("task", TASKS)
def test_every_case_fills_the_shipped_wording(task):
    for case in frozen_set(task).cases:
        kept = as_kept(task, case)

        assert set(kept["values"]) == holes_of(task)
        system, user = shipped(task).fill(kept["values"])
        assert kept["values"]["project_title"] in f"{system}{user}"


def test_a_tool_that_is_expected_is_a_tool_that_is_offered():
    for case in frozen_set("chat").cases:
        kept = as_kept("chat", case)
        wanted = {
            check.tool for check in checks_of("chat", case["expect"]) if isinstance(check, Calls)
        }

        assert wanted <= set(kept["tools"]) <= set(ALL), case["key"]


@pytest.mark.parametrize("name", sorted(pictures.DRAWINGS))
def test_a_drawing_is_the_same_each_time_and_a_jpeg_on_the_wire(name):
    one, two = pictures.draw(name), pictures.draw(name)

    assert one.tobytes() == two.tobytes()
    assert pictures.as_url(one).startswith("data:image/jpeg;base64,/9j/")


def test_the_expected_colours_of_a_drawing_are_its_largest_areas():
    for case in frozen_set("vision").cases:
        image = pictures.draw(case["drawing"])
        largest = sorted(image.getcolors(maxcolors=1 << 24), reverse=True)[:6]
        painted = {"#{:02x}{:02x}{:02x}".format(*colour) for _, colour in largest}
        checks = [c for c in checks_of("vision", case["expect"]) if isinstance(c, Palette)]

        assert checks
        assert {colour for check in checks for colour in check.colours} <= painted
