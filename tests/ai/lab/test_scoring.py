"""An answer against what was expected: exact, and the same for the same answer."""

import pytest

from ai.contracts.outline import Outline
from ai.contracts.vision import ImageAnalysis
from ai.lab.answers import Given, Made, values_at
from ai.lab.expectations import checks_of
from ai.lab.language import language_of
from ai.lab.scoring import score, share
from canvas.core.errors import Invalid
from tests.ai.lab.conftest import an_outline

SEEN = {
    "label": "Red kettle",
    "category": "prop",
    "description": "A red kettle on a pale table.",
    "tags": ["kettle", "red", "table"],
    "palette": ["#e6ded0", "#b3271f", "#2a2a2a"],
    "mood": "calm",
    "text_seen": None,
}
MARA = Made("update_bible", {"characters": [{"name": "Mara", "description": "A red coat."}]})


def met(task, given, *checks):
    return [one.is_met for one in score(checks_of(task, list(checks)), given)]


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        ({"check": "calls", "tool": "update_bible"}, True),
        ({"check": "calls", "tool": "create_scene"}, False),
        (
            {
                "check": "calls",
                "tool": "update_bible",
                "where": [{"path": "characters[].name", "is": "mara"}],
            },
            True,
        ),
        (
            {
                "check": "calls",
                "tool": "update_bible",
                "where": [{"path": "characters[].description", "has": ["red", "blue"]}],
            },
            False,
        ),
        (
            {
                "check": "calls",
                "tool": "update_bible",
                "where": [{"path": "characters[].description", "any": ["green", "COAT"]}],
            },
            True,
        ),
        (
            {
                "check": "calls",
                "tool": "update_bible",
                "where": [{"path": "characters[].name", "least": 2}],
            },
            False,
        ),
        (
            {
                "check": "calls",
                "tool": "update_bible",
                "where": [{"path": "locations[].name", "most": 0}],
            },
            True,
        ),
        ({"check": "avoids", "tool": "create_scene"}, True),
        ({"check": "avoids"}, False),
        ({"check": "asks", "least": 2, "most": 2}, True),
        ({"check": "asks", "most": 1}, False),
        ({"check": "says", "any": ["COAT", "hat"]}, True),
        ({"check": "unsaid", "any": ["red coat"]}, False),
        ({"check": "words", "most": 8}, True),
        ({"check": "words", "most": 7}, False),
        ({"check": "language", "is": "en"}, True),
    ],
)
def test_each_check_of_a_chat_is_met_or_not(check, expected):
    given = Given(words="Is it the coat? And what is lost?", calls=(MARA,))

    assert met("chat", given, check) == [expected]


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        ({"check": "scenes", "least": 1, "most": 1}, True),
        ({"check": "scenes", "least": 2}, False),
        ({"check": "runtime", "seconds": 70}, True),
        ({"check": "runtime", "seconds": 80, "tolerance": 0.2}, False),
        ({"check": "names", "all": ["leo", "Adeyemi"]}, True),
        ({"check": "names", "all": ["Leo", "Bram"]}, False),
        ({"check": "places", "all": ["office"]}, True),
        ({"check": "places", "all": ["quay"]}, False),
        ({"check": "order", "words": ["laughs", "umbrella"]}, True),
        ({"check": "order", "words": ["key"]}, False),
        ({"check": "agrees"}, True),
    ],
)
def test_each_check_of_an_outline_is_met_or_not(check, expected):
    given = Given(value=Outline.model_validate(an_outline()))

    assert met("outline", given, check) == [expected]


def test_an_outline_that_tells_things_in_another_order_does_not_meet_the_order():
    scene = an_outline()["scenes"][0]
    told = [{**scene, "title": title, "summary": title} for title in ("The key", "The lamp")]
    given = Given(value=Outline.model_validate(an_outline(scenes=told)))

    order = [["key", "lamp"], ["lamp", "key"]]
    assert [met("outline", given, {"check": "order", "words": words}) for words in order] == [
        [True], [False],
    ]  # fmt: skip


@pytest.mark.parametrize(
    "over",
    [{"characters": ["Somebody else"]}, {"location": "Nowhere"}, {"duration_s": 90.0}],
)
def test_an_outline_that_contradicts_itself_does_not_agree(over):
    scene = an_outline()["scenes"][0] | over
    given = Given(value=Outline.model_validate(an_outline(scenes=[scene])))

    assert met("outline", given, {"check": "agrees"}) == [False]


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        ({"check": "category", "any": ["prop", "style"]}, True),
        ({"check": "category", "any": ["location"]}, False),
        ({"check": "palette", "colours": ["#b0201a"]}, True),
        ({"check": "palette", "colours": ["#b3271f", "#00ff00"]}, False),
        ({"check": "text", "reads": None}, True),
        ({"check": "text", "reads": "TEA"}, False),
        ({"check": "says", "any": ["kettle"]}, True),
    ],
)
def test_each_check_of_a_picture_is_met_or_not(check, expected):
    given = Given(value=ImageAnalysis.model_validate(SEEN))

    assert met("vision", given, check) == [expected]


def test_writing_is_read_whatever_its_case_and_blanks():
    given = Given(value=ImageAnalysis.model_validate(SEEN | {"text_seen": "last  ferry\n21:40"}))

    assert met("vision", given, {"check": "text", "reads": "LAST FERRY 21:40"}) == [True]


def test_the_score_is_the_share_that_was_met_and_an_invalid_answer_meets_nothing():
    checks = checks_of("chat", [{"check": "avoids"}, {"check": "says", "any": ["x"]}])

    assert share(score(checks, Given(words="No."))) == 0.5
    assert share(score(checks, None)) == 0.0
    assert share(score([], Given(words="No."))) is None


def test_what_was_found_is_kept_beside_what_was_expected():
    (one,) = score(checks_of("chat", [{"check": "asks", "most": 1}]), Given(words="A? B?"))

    assert one.as_json() == {
        "expected": {"check": "asks", "most": 1},
        "met": False,
        "found": "2 questions",
    }


def test_values_are_found_at_every_place_that_a_path_names():
    arguments = {"scenes": [{"title": "A", "who": ["x", "y"]}, {"title": "B"}], "note": None}

    assert values_at("scenes[].title", arguments) == ["A", "B"]
    assert values_at("scenes[].who[]", arguments) == ["x", "y"]
    assert values_at("note", arguments) == []
    assert values_at("nowhere.at[].all", arguments) == []


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("What is the first thing that she sees, and who is with her?", "en"),
        ("Wer ist die Frau am Becken, und was sucht sie?", "de"),  # codespell:ignore
        ("¿Quién es la mujer y qué busca en el agua?", "es"),
        ("Qui est la femme dans la piscine, et que cherche-t-elle ?", "fr"),
        ("Chi è la donna e che cosa cerca nella piscina?", "it"),
        ("Quem é a mulher e o que ela procura na água?", "pt"),
        ("Wie is de vrouw en wat zoekt ze in het water?", "nl"),
        ("Кто эта женщина?", "ru"),
        ("この女性は誰ですか。", "ja"),
        ("她是谁。", "zh"),
        ("Hm.", None),
        ("", None),
    ],
)
def test_a_language_is_known_by_its_script_or_its_little_words(text, language):
    assert language_of(text) == language


@pytest.mark.parametrize(
    ("task", "written", "pointer"),
    [
        ("chat", [{"check": "scenes"}], "/expectations/0"),
        ("outline", [{"check": "scenes", "least": "two"}], "/expectations/0/least"),
        ("chat", [{"check": "avoids"}, {"check": "calls"}], "/expectations/1/tool"),
        ("chat", [{"check": "says", "any": []}], "/expectations/0/any"),
        ("vision", [{"check": "palette", "colours": ["red"]}], "/expectations/0/colours/0"),
        (
            "chat",
            [{"check": "calls", "tool": "x", "where": [{"path": "a..b", "is": "c"}]}],
            "/expectations/0/where/0",
        ),
        ("chat", [{"check": "avoids", "tols": "x"}], "/expectations/0/tols"),
        ("chat", [7], "/expectations/0"),
    ],
)
def test_what_cannot_be_expected_is_refused_at_its_place(task, written, pointer):
    with pytest.raises(Invalid) as refused:
        checks_of(task, written, pointer="/expectations")

    assert [fault.pointer for fault in refused.value.faults] == [pointer]
