"""Whatever valid document is saved comes back, first as a whole and then after any edit."""

import copy

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scenes.models import ChangeSet
from scenes.services.bible import name_key
from tests.scenes.documents import samples

EXAMPLES = settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
FILLED = TEXTS.filter(bool)
TIMES = st.datetimes().map(lambda at: at.isoformat(timespec="milliseconds") + "Z")
NUMBERS = st.integers(-(10**6), 10**6) | st.floats(-1e6, 1e6, allow_nan=False)
METADATA = st.dictionaries(
    FILLED,
    st.recursive(st.none() | st.booleans() | NUMBERS | TEXTS, st.lists, max_leaves=4),
    max_size=3,
)


def _object(required, optional=None):
    return st.fixed_dictionaries(required, optional=optional or {})


def _list(item, *, most=3, by="id"):
    return st.lists(item, max_size=most, unique_by=lambda one: one[by])


SLOTS = _object(
    {
        "subject": TEXTS,
        "camera": _object({"angle": TEXTS, "movement": TEXTS, "lens": TEXTS}, {"shotType": TEXTS}),
        "lighting": _object(
            {"mood": TEXTS, "direction": TEXTS, "color": TEXTS}, {"timeOfDay": TEXTS}
        ),
        "style": _object(
            {"aesthetic": TEXTS, "era": TEXTS, "influences": st.lists(TEXTS, max_size=3)}
        ),
    },
    {
        "aspectRatio": TEXTS,
        "workflow": st.sampled_from(["standard", "poster", "shot-list"]),
        "referenceImage": TEXTS,
        "advanced": _object(
            {},
            {
                "negativePrompt": TEXTS,
                "weights": st.dictionaries(TEXTS, NUMBERS, max_size=3),
                "cfgScale": NUMBERS,
                "steps": st.integers(0, 100),
            },
        ),
    },
)
MEDIA = _object(
    {
        "id": FILLED,
        "url": TEXTS,
        "timestamp": TIMES,
        "status": st.sampled_from(["processing", "completed", "failed"]),
    },
    {"metadata": METADATA.filter(bool)},
)
VERSION = _object(
    {"id": FILLED, "prompt": TEXTS, "timestamp": TIMES},
    {"thumbnail": FILLED, "notes": FILLED, "metadata": METADATA.filter(bool)},
)
SNAPSHOT = _object(
    {"id": FILLED, "prompt": TEXTS, "notes": TEXTS, "createdAt": TIMES, "promptSlots": SLOTS},
    {"thumbnail": FILLED},
)
SCENE = _object(
    {
        "id": FILLED,
        "order": st.just(0),
        "title": FILLED,
        "selectedModel": TEXTS,
        "promptSlots": SLOTS,
        "compiledPrompt": TEXTS,
        "generatedMedia": _list(MEDIA),
        "status": st.sampled_from(["exploring", "refining"]),
        "versions": _list(VERSION),
        "snapshots": _list(SNAPSHOT),
        "createdAt": TIMES,
        "modifiedAt": TIMES,
        "notes": TEXTS,
    }
)
ENTRY = _object({"id": FILLED, "name": FILLED.filter(name_key), "description": TEXTS})
ASSET = _object(
    {
        "id": FILLED,
        "url": TEXTS,
        "category": st.sampled_from(["character", "prop", "shot_ref"]),
        "label": TEXTS,
        "description": TEXTS,
        "tags": st.lists(TEXTS, max_size=3),
        "createdAt": TIMES,
    }
)
STYLE = _object(
    {},
    {
        "palette": st.lists(TEXTS, max_size=2),
        "characterRefs": st.lists(
            _object({"name": TEXTS, "description": TEXTS}, {"imageUrl": TEXTS}), max_size=2
        ),
        "visualTheme": TEXTS,
    },
).filter(bool)


@st.composite
def _bibles(draw):
    people = draw(
        st.lists(ENTRY, max_size=5, unique_by=(lambda e: e["id"], lambda e: name_key(e["name"])))
    )
    cut = draw(st.integers(0, len(people)))
    return {
        "characters": people[:cut],
        "locations": people[cut:],
        "aesthetic": {
            "palette": draw(st.lists(TEXTS, max_size=2)),
            "mood": draw(st.lists(TEXTS, max_size=2)),
            "era": draw(TEXTS),
        },
        "visualAssets": draw(_list(ASSET)),
    }


PROJECT = _object(
    {
        "title": FILLED,
        "description": TEXTS,
        "created": TIMES,
        "modified": TIMES,
        "scenes": _list(SCENE, most=4).map(samples.numbered),
        "bible": _bibles(),
        "tags": st.lists(TEXTS, max_size=3),
        "isArchived": st.booleans(),
    },
    {"globalStyle": STYLE},
)


def _crossed(draw, old, new):
    """Mix two documents: some rows of the one, some of the other, in any order."""
    mixed = copy.deepcopy(new)
    rows = {row["id"]: row for row in [*old["scenes"], *mixed["scenes"]]}
    kept = draw(st.lists(st.sampled_from(sorted(rows)), unique=True)) if rows else []
    mixed["scenes"] = samples.numbered([rows[key] for key in kept])
    for scene in mixed["scenes"]:
        for name in ("generatedMedia", "versions", "snapshots"):
            scene[name] = draw(st.permutations(scene[name]))
    for name in ("characters", "locations", "visualAssets"):
        rows = mixed["bible"][name]
        mixed["bible"][name] = draw(st.permutations(rows))
    return mixed


@EXAMPLES
@given(document=PROJECT)
def test_any_document_comes_back_and_is_saved_but_once(blank, document):
    document = {"id": str(blank.project.pk), **document}

    shown = blank.saved(document)

    sets = ChangeSet.objects.count()
    assert shown == document
    assert blank.saved(shown) == shown
    assert ChangeSet.objects.count() == sets


@EXAMPLES
@given(first=PROJECT, second=PROJECT, data=st.data())
def test_any_edit_of_a_document_comes_back(blank, first, second, data):
    first = {"id": str(blank.project.pk), **first}
    blank.saved(first)
    edited = _crossed(data.draw, first, {"id": first["id"], **second})

    shown = blank.saved(edited)

    assert shown == edited
