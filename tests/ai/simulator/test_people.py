"""Names are names, whatever hangs on them."""
# ruff: noqa: RUF001 - names of other languages are meant

import pytest

from ai.simulator.brains.outline import read_story
from ai.simulator.brains.people import people_in
from ai.simulator.brains.titles import is_named


def test_a_possessive_is_no_second_person():
    text = "Mara opens the bag. Vale searches Mara's bag. Mara looks away. Vale whistles."

    assert people_in(text) == ["Mara", "Vale"]


@pytest.mark.parametrize(
    ("text", "people"),
    [
        (
            "Mr Vane opens the door. Priya Raman waits. Mr Vane nods. Priya laughs. Vane sits.",
            ["Mr Vane", "Priya Raman"],
        ),
        ("Rain on the pier. The boat comes. Mr. Vane steps off.", ["Mr Vane"]),
        (
            "Monsieur Kerjean entre, une lampe à la main. On regarde Monsieur Kerjean.",
            ["Monsieur Kerjean"],
        ),
        (
            "Вера Павловна молчит. Анна пришла к Вере Павловне. Вера рада. Анна ушла.",
            ["Вера Павловна", "Анна"],
        ),
        ("«Я знал», — сказал Иван Анне. Анна молчит. Иван ждёт.", ["Иван", "Анна"]),
        ("На Арбате идёт снег. Анна ждёт на Арбате. Анна плачет.", ["Анна"]),
    ],
)
def test_a_name_of_several_words_is_one_person(text, people):
    assert people_in(text) == people


def test_a_scene_that_says_the_surname_alone_has_the_same_person():
    text = "Mr Vane opens the door of the mill.\n\n***\n\nAt night Vane sits by the river."

    assert [scene.characters for scene in read_story(text).scenes] == [["Mr Vane"], ["Mr Vane"]]


@pytest.mark.parametrize(
    ("name", "words", "named"),
    [
        ("Mr Vane", "Vane sits.", True),
        ("Mr Vane", "Mrs Vane sits.", False),
        ("Вера Павловна", "Анна видит Веру.", True),
        ("王芳", "后来王芳走了。", True),
        ("Priya Raman", "Nobody sits.", False),
    ],
)
def test_a_person_is_known_by_a_part_of_the_name(name, words, named):
    assert is_named(name, words) is named
