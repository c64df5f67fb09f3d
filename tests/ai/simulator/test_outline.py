"""The outline brain: any text, any of several languages, any schema."""
# ruff: noqa: RUF001, E501 - texts of other languages are meant, a paragraph is a line

import json
import time

import jsonschema
import pytest

from ai.simulator.brains.fill import fill
from ai.simulator.brains.language import detect
from ai.simulator.brains.outline import read_story, scene_target, story_facts
from ai.simulator.brains.prose import place_in
from tests.ai.simulator.conftest import ask

ENGLISH = """Title: The Last Bus

FADE IN:

EXT. BUS STOP - NIGHT

Rain hammers the shelter. MARA, a tired courier, counts her coins.

MARA
(to herself)
One short. Always one short.

An old man, JOSEF, sits down beside her.

JOSEF
The bus doesn't come any more.

INT. BUS - LATER

The bus is empty but for the DRIVER.

DRIVER
Where to?

CUT TO:

INT./EXT. MARA'S FLAT - DAWN

She opens the door. The room is bare.
"""
RUSSIAN = """Поздним вечером Анна вышла на пустой вокзал. Поезда уже не ходили, и только старый дворник \
подметал перрон. Анна спросила его, где её брат.

Утром в маленькой кухне Иван налил чаю. Он долго молчал. «Я знал, что ты придёшь», — сказал Иван Анне.

Ночью они вдвоём пошли к реке. На старом мосту Иван отдал ей письмо. Анна прочла письмо и заплакала."""
GERMAN = """Das alte Kino. Klara steht am Abend im leeren Foyer und zählt die Karten.
Klara: Heute kommt keiner mehr.
Jonas: Dann spielen wir den Film für uns.

Am nächsten Morgen sitzt Jonas auf dem Dach und raucht. Klara bringt ihm Kaffee.
Klara: Sie wollen das Haus abreißen.
Jonas: Nicht, solange der Projektor läuft.

In der Nacht läuft der letzte Film. Die ganze Stadt ist gekommen, und Klara weint.
Jonas: Siehst du?"""

WORDS = {"type": "string", "minLength": 1, "maxLength": 400}
BEAT = {
    "type": "object",
    "additionalProperties": False,
    "required": ["summary", "duration_s"],
    "properties": {"summary": WORDS, "duration_s": {"type": "number", "exclusiveMinimum": 0}},
}
SCENE = {
    "type": "object",
    "additionalProperties": False,
    "required": [
        "title",
        "summary",
        "location",
        "time_of_day",
        "characters",
        "beats",
        "duration_s",
        "purpose",
    ],
    "properties": {
        "title": WORDS,
        "summary": WORDS,
        "location": WORDS,
        "time_of_day": {"enum": ["day", "night", "dawn", "dusk", "continuous", "unspecified"]},
        "characters": {"type": "array", "items": {"type": "string"}},
        "beats": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/Beat"}},
        "duration_s": {"type": "number"},
        "purpose": {"anyOf": [{"type": "string"}, {"type": "null"}]},
    },
}
OUTLINE = {
    "$defs": {"Beat": BEAT, "Scene": SCENE},
    "type": "object",
    "additionalProperties": False,
    "required": ["title", "logline", "scenes"],
    "properties": {
        "title": WORDS,
        "logline": WORDS,
        "scenes": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/Scene"}},
    },
}


async def outlined(sim, text, instruction="Outline the text.", model="openai/gpt-4o-mini"):
    form = {"type": "json_schema", "json_schema": {"name": "outline", "schema": OUTLINE}}
    said = f'{instruction}\n<data name="text">\n{text}\n</data>'
    reply = await ask(sim, said, model=model, response_format=form)
    assert reply.status_code == 200, reply.text
    document = json.loads(reply.json()["choices"][0]["message"]["content"])
    jsonschema.validate(document, OUTLINE)
    return document


async def test_an_english_screenplay_becomes_its_own_scenes(sim):
    outline = await outlined(sim, ENGLISH)

    assert outline["title"] == "The Last Bus"
    assert [(s["location"], s["time_of_day"], s["characters"]) for s in outline["scenes"]] == [
        ("Bus Stop", "night", ["Mara", "Josef"]),
        ("Bus", "continuous", ["Driver"]),
        ("Mara's Flat", "dawn", []),
    ]
    assert [beat["summary"] for beat in outline["scenes"][1]["beats"]] == [
        "The bus is empty but for the DRIVER.",
        "Driver: Where to?",
    ]


async def test_russian_prose_becomes_three_scenes_in_russian(sim):
    outline = await outlined(sim, RUSSIAN)

    assert [(s["location"], s["time_of_day"], s["characters"]) for s in outline["scenes"]] == [
        ("Пустой вокзал", "dusk", ["Анна"]),
        ("Маленькой кухне", "day", ["Анна", "Иван"]),
        ("Старом мосту", "night", ["Анна", "Иван"]),
    ]
    assert outline["scenes"][2]["title"] == "Ночью они вдвоём пошли к реке"
    assert outline["scenes"][0]["purpose"].startswith("Она ведёт историю дальше")


async def test_a_german_treatment_with_dialogue_becomes_three_scenes_in_german(sim):
    outline = await outlined(sim, GERMAN)

    assert [
        (s["location"], s["time_of_day"], sorted(s["characters"])) for s in outline["scenes"]
    ] == [
        ("Im leeren Foyer", "dusk", ["Jonas", "Klara"]),
        ("Auf dem Dach", "day", ["Jonas", "Klara"]),
        ("Auf dem Dach", "night", ["Jonas", "Klara"]),
    ]
    assert outline["scenes"][0]["beats"][2]["summary"] == "Klara: Heute kommt keiner mehr."


@pytest.mark.parametrize("wanted", [1, 2, 5, 9])
async def test_the_number_of_scenes_is_the_one_asked_for(sim, wanted):
    for text in (ENGLISH, RUSSIAN, GERMAN, "A boy steals a tram and drives it to the sea."):
        outline = await outlined(sim, text, f"Write exactly {wanted} scenes.")

        assert len(outline["scenes"]) == wanted
        assert len({scene["title"] for scene in outline["scenes"]}) == wanted


@pytest.mark.parametrize(
    ("words", "target"),
    [
        ("exactly 5 scenes", (5, 5)),
        ("3-5 scenes", (3, 5)),
        ("between three and five scenes", (3, 5)),
        ("genau 4 Szenen", (4, 4)),
        ("en cinq scènes", (5, 5)),
        ("en tres escenas", (3, 3)),
        ("ровно 5 сцен", (5, 5)),
        ("some scenes", None),
    ],
)
def test_a_target_is_read_in_words_and_digits(words, target):
    assert scene_target(words) == target


@pytest.mark.parametrize(
    ("heading", "place", "time", "interior"),
    [
        ("INT. KITCHEN - NIGHT", "Kitchen", "night", "INT"),
        ("12. EXT. HARBOUR, PIER 4 - DAWN", "Harbour, Pier 4", "dawn", "EXT"),
        ("ИНТ. КУХНЯ — НОЧЬ", "Кухня", "night", "INT"),
        ("НАТ. БЕРЕГ - УТРО", "Берег", "morning", "EXT"),
        ("INTÉRIEUR. CUISINE – JOUR", "Cuisine", "day", "INT"),
        ("EXTÉRIEUR. RUE - NUIT", "Rue", "night", "EXT"),
        ("INNEN. KÜCHE - ABEND", "Küche", "evening", "INT"),
        ("AUSSEN. HOF - TAG", "Hof", "day", "EXT"),
        ("内景 咖啡馆 夜", "咖啡馆", "night", "INT"),
        ("外景。火车站 - 清晨", "火车站", "dawn", "EXT"),
        ("ESCENA 1. INT. COCINA - NOCHE", "Cocina", "night", "INT"),
        ("SCENE 3 - EXT. QUAY - DAY", "Quay", "day", "EXT"),
        ("Scene 3: Ext. Quay - Day", "Quay", "day", "EXT"),
        ("Сцена 2. НАТ. БЕРЕГ - УТРО", "Берег", "morning", "EXT"),
        ("1-1. ИНТ. КУХНЯ. ДЕНЬ", "Кухня", "day", "INT"),
        ("第一场 内景 茶馆 夜", "茶馆", "night", "INT"),
        ("第2场 街道 日 外", "街道", "day", "EXT"),
    ],
)
def test_headings_are_read_in_several_languages(heading, place, time, interior):
    [scene] = read_story(f"{heading}\n\nSomething happens here.\n").scenes

    assert (scene.place, scene.time, scene.interior) == (place, time, interior)


def test_a_chinese_scene_has_the_people_who_speak_in_it():
    text = "第一场 内景 茶馆 夜\n\n李明：你来了。\n王芳（低声）：我来了。\n\n第二场 外景 街道 日\n\n王芳走了。"

    scenes = read_story(text).scenes

    assert [(scene.title, scene.characters) for scene in scenes] == [
        ("茶馆", ["李明", "王芳"]),
        ("街道", ["王芳"]),
    ]


@pytest.mark.parametrize(
    ("before", "told"),
    [
        ("Once, Mara lost the key.\n\nFADE IN:", ["Once, Mara lost the key."]),
        ("Title: Rain\nAuthor: Jo Doe\n\nBy noon it rains.", ["By noon it rains."]),
        ("Title: Rain\nBy noon it rains.", ["By noon it rains."]),
        ("NARRATOR (V.O.)\nOnce it rained.\n\nFADE IN:", ["Narrator: Once it rained."]),
        ("Title: Rain\nAuthor: Jo Doe\nContact:\n 5 Mill St.\n\nFADE IN:", []),
        ("RAIN\n\nwritten by\n\nJo Doe\n\nDraft 2", []),
        ("", []),
    ],
)
def test_what_is_told_before_the_first_heading_is_a_scene(before, told):
    scenes = read_story(f"{before}\n\nINT. KITCHEN - NIGHT\n\nMara cooks.\n").scenes

    assert [beat.told() for scene in scenes for beat in scene.beats] == [*told, "Mara cooks."]
    assert [scene.place for scene in scenes] == [""] * bool(told) + ["Kitchen"]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("В мастерскую входит Анна.", "Мастерскую"),
        ("В мастерской сидит Анна.", "Мастерской"),
        ("На Арбате идёт снег.", "Арбате"),
        ("Elle entre, une lampe à la main.", ""),
        ("Elle est là et elle commence à chanter dans la vieille gare vide.", "Vieille gare"),
        ("Il est dans la salle de bains et il chante.", "Salle de bains"),
    ],
)
def test_a_place_is_a_place_and_no_verb(text, place):
    assert place_in(text, detect(text)) == place


def test_a_chat_history_gives_the_scenes_the_person_told():
    chat = json.dumps(
        [
            {"role": "user", "content": "A diver named Noor loses her ring in the old harbour."},
            {"role": "assistant", "content": "Where does it begin?"},
            {"role": "user", "content": "At night she finds a drowned city. Noor meets Ilya."},
        ]
    )

    scenes = read_story(chat).scenes

    assert [scene.place for scene in scenes] == ["Old harbour", "Old harbour"]
    assert "begin" not in " ".join(scene.text for scene in scenes)


def test_an_unseen_schema_is_filled_by_the_names_of_its_properties():
    schema = {
        "type": "object",
        "required": ["filmTitle", "acts", "pageCount", "isFinal", "cast"],
        "properties": {
            "filmTitle": {"type": "string", "maxLength": 12},
            "acts": {
                "type": "array",
                "maxItems": 2,
                "items": {
                    "type": "object",
                    "required": ["heading", "place", "intExt"],
                    "properties": {
                        "heading": {"type": "string"},
                        "place": {"type": "string"},
                        "intExt": {"enum": ["INT", "EXT"]},
                    },
                },
            },
            "cast": {"type": "array", "items": {"type": "string"}},
            "pageCount": {"type": "integer", "minimum": 3, "maximum": 9},
            "isFinal": {"type": "boolean"},
        },
    }

    document = fill(schema, story_facts(read_story(ENGLISH), ENGLISH))

    jsonschema.validate(document, schema)
    assert document["filmTitle"] == "The Last Bus"
    assert document["cast"] == ["Mara", "Josef", "Driver"]
    assert [(act["place"], act["intExt"]) for act in document["acts"]] == [
        ("Bus Stop", "EXT"),
        ("Bus", "INT"),
    ]


async def test_a_schema_written_in_the_prompt_is_filled_too(sim):
    schema = json.dumps(
        {"type": "object", "required": ["headline"], "properties": {"headline": {"type": "string"}}}
    )

    reply = await ask(
        sim, f'Return JSON like {schema}.\n<data name="text">Mara waits. The bus comes.</data>'
    )

    assert json.loads(reply.json()["choices"][0]["message"]["content"]) == {
        "headline": "Mara waits"
    }


def test_a_long_screenplay_is_read_in_good_time():
    text = "\n\n".join(
        f"INT. ROOM {n} - DAY\n\nMara opens door {n}.\n\nMARA\nHello {n}." for n in range(300)
    )

    story = read_story(text)

    assert len(story.scenes) == 300
    assert len({scene.title for scene in story.scenes}) == 300


@pytest.mark.parametrize(
    "text",
    ["x" + " " * 50_000 + "y", "in the " * 10_000, "{" * 50_000, "\n" * 50_000, "Mara: " * 10_000],
)
def test_a_hostile_text_is_read_in_good_time(text):
    start = time.process_time()  # what others do on the machine is not its fault

    story_facts(read_story(text), text)

    assert time.process_time() - start < 2
