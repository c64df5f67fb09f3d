"""Documents that are refused: with pointers, and with nothing changed."""

import copy

import pytest

from scenes.models import ChangeSet
from tests.scenes.documents import samples
from tests.scenes.documents.conftest import Film
from tests.scenes.factories import make_project

_DROP = object()


def _at(document, pointer, value):
    """Return a copy with one place set, or dropped."""
    changed = copy.deepcopy(document)
    *steps, last = [int(s) if s.isdigit() else s for s in pointer.strip("/").split("/")]
    place = changed
    for step in steps:
        place = place[step]
    if value is _DROP:
        del place[last]
    else:
        place[last] = value
    return changed


WRONG_SHAPE = [
    ("/mood", "dark", "unknown-field"),
    ("/scenes/1/camera", {}, "unknown-field"),
    ("/scenes/1/promptSlots/zoom", 3, "unknown-field"),
    ("/scenes/0/promptSlots/camera/zoom", 3, "unknown-field"),
    ("/scenes/0/snapshots/0/promptSlots/style/x", "", "unknown-field"),
    ("/scenes/0/versions/1/x", 1, "unknown-field"),
    ("/scenes/0/generatedMedia/0/x", 1, "unknown-field"),
    ("/globalStyle/x", 1, "unknown-field"),
    ("/globalStyle/characterRefs/0/x", 1, "unknown-field"),
    ("/bible/props", [], "unknown-field"),
    ("/bible/aesthetic/tone", "dry", "unknown-field"),
    ("/bible/characters/0/aliases", [], "unknown-field"),
    ("/bible/visualAssets/0/mood", "", "unknown-field"),
    ("/title", _DROP, "required"),
    ("/scenes", _DROP, "required"),
    ("/scenes/2/compiledPrompt", _DROP, "required"),
    ("/title", 3, "string-type"),
    ("/title", None, "string-type"),
    ("/isArchived", "yes", "bool-type"),
    ("/isArchived", 0, "bool-type"),
    ("/tags", "sea", "list-type"),
    ("/tags/0", 1, "string-type"),
    ("/scenes", {}, "list-type"),
    ("/scenes/0", [], "model-type"),
    ("/scenes/0/order", "0", "int-type"),
    ("/scenes/0/order", True, "int-type"),
    ("/scenes/0/order", 0.5, "int-type"),
    ("/scenes/0/status", "done", "invalid-choice"),
    ("/scenes/0/status", None, "invalid-choice"),
    ("/scenes/0/createdAt", "yesterday", "not-a-time"),
    ("/scenes/0/createdAt", "2025-02-30T00:00:00.000Z", "not-a-time"),
    ("/scenes/0/createdAt", "2025-11-21T10:00:00", "not-a-time"),
    ("/scenes/0/createdAt", "0001-01-01T00:00:00+14:00", "not-a-time"),
    ("/scenes/0/createdAt", 1763719000000, "string-type"),
    ("/scenes/0/generatedMedia/0/metadata", "veo", "dict-type"),
    ("/scenes/0/promptSlots", "a lighthouse", "model-type"),
    ("/scenes/0/promptSlots/advanced/weights/fog", "much", "wrong-type"),
    ("/bible", [], "model-type"),
    ("/bible/visualAssets/0/category", "photo", "invalid-choice"),
    ("/bible/visualAssets/0/tags", "fog", "list-type"),
]

BROKEN_RULES = [
    ("/title", "", "blank"),
    ("/title", "x" * 201, "max-length"),
    ("/id", "x" * 121, "max-length"),
    ("/scenes/0/id", "", "blank"),
    ("/scenes/0/title", "x" * 201, "max-length"),
    ("/scenes/0/order", -1, "number-out-of-range"),
    ("/scenes/0/order", 2**31, "number-out-of-range"),
    ("/scenes/0/notes", "x" * 100_001, "max-length"),
    ("/scenes/0/promptSlots/subject", "x" * 4_001, "max-length"),
    ("/scenes/0/promptSlots/advanced/cfgScale", 2_000_000, "number-out-of-range"),
    ("/scenes/0/generatedMedia/0/metadata", {"x": "y" * 16_400}, "too-large"),
    ("/scenes/0/generatedMedia/0/metadata", {"x": [1e300]}, "number-out-of-range"),
    ("/tags", ["x"] * 1_001, "too-many"),
    ("/bible/characters/0/name", "", "blank"),
    ("/bible/characters/0/name", " \u3000", "blank"),
    ("/bible/visualAssets/0/label", "x" * 201, "max-length"),
    ("/scenes/1/id", "scene-1763719000000", "duplicate-id"),
    ("/scenes/0/versions/1/id", "version-1", "duplicate-id"),
    ("/scenes/0/snapshots/1/id", "snapshot-1", "duplicate-id"),
    ("/scenes/2/generatedMedia/1/id", "media-1", "duplicate-id"),
    ("/bible/characters/1/id", "char_1", "duplicate-id"),
    ("/bible/locations/0/id", "char_1", "duplicate-id"),
    ("/bible/characters/1/name", " mARA", "duplicate-name"),
    ("/bible/visualAssets/1/id", "1763719000001", "duplicate-id"),
]


def _refused(film, document, status):
    before = film.read()
    sets = ChangeSet.objects.count()

    answer = film.save(document)

    assert answer.status_code == status, answer.content
    assert answer.headers["Content-Type"] == "application/problem+json"
    after = film.read()
    assert after.json() == before.json()
    assert after.headers["ETag"] == before.headers["ETag"]
    assert ChangeSet.objects.count() == sets
    return answer.json()


@pytest.mark.parametrize(("pointer", "value", "code"), WRONG_SHAPE)
def test_a_wrong_shape_is_malformed(film, pointer, value, code):
    problem = _refused(film, _at(samples.project(), pointer, value), 400)

    assert [(e["pointer"], e["code"]) for e in problem["errors"]] == [(pointer, code)]


@pytest.mark.parametrize(("pointer", "value", "code"), BROKEN_RULES)
def test_a_broken_rule_is_invalid(film, pointer, value, code):
    problem = _refused(film, _at(samples.project(), pointer, value), 422)

    assert [(e["pointer"], e["code"]) for e in problem["errors"]] == [(pointer, code)]


@pytest.mark.parametrize("body", ["[]", "3", "null", '"x"', "{}"])
def test_what_is_no_document_is_malformed(film, body):
    answer = film.client.put(film.path, body, content_type="application/json")

    assert answer.status_code == 400
    assert answer.json()["code"] == "malformed"


@pytest.mark.parametrize("text", ["a\u0000b", "a\ud800b"])
@pytest.mark.parametrize(
    "pointer",
    [
        "/title",
        "/scenes/0/id",
        "/scenes/0/promptSlots/subject",
        "/scenes/0/generatedMedia/0/metadata/model",
        "/bible/characters/0/name",
    ],
)
def test_text_that_cannot_be_stored_is_refused(film, pointer, text):
    problem = _refused(film, _at(samples.project(), pointer, text), 400)

    assert [e["pointer"] for e in problem["errors"]] == [pointer]


def test_wrong_shapes_are_all_named_and_come_before_broken_rules(film):
    document = samples.project(title="", tags=3, isArchived=1)

    problem = _refused(film, document, 400)

    assert [e["pointer"] for e in problem["errors"]] == ["/tags", "/isArchived"]


def test_five_hundred_scenes_are_the_most(film):
    scenes = [
        samples.scene(n, id=f"s{n}", generatedMedia=[], versions=[], snapshots=[])
        for n in range(501)
    ]

    problem = _refused(film, samples.project(scenes=scenes), 422)

    assert [(e["pointer"], e["code"]) for e in problem["errors"]] == [("/scenes", "too-many")]


def test_a_body_over_the_limit_is_refused(film):
    document = samples.project(description="x" * (2 * 1024 * 1024))

    assert _refused(film, document, 413)["code"] == "too-large"


@pytest.mark.parametrize(
    ("place", "find"),
    [
        ("/scenes/2", lambda project: project.scenes.get(order=0)),
        ("/scenes/1/versions/1", lambda project: project.scenes.get(order=1).versions.first()),
        ("/bible/locations/0", lambda project: project.entries.get(client_key="char_2")),
        ("/bible/visualAssets/1", lambda project: project.assets.first()),
    ],
)
def test_one_row_named_in_two_ways_is_refused(blank, place, find):
    document = samples.project()
    blank.saved(document)

    problem = _refused(blank, _at(document, f"{place}/id", str(find(blank.project).pk)), 422)

    assert [(e["pointer"], e["code"]) for e in problem["errors"]] == [
        (f"{place}/id", "duplicate-id")
    ]


def test_the_document_of_another_project_is_refused(blank):
    blank.saved(samples.project())

    problem = _refused(blank, samples.project(id="project-2"), 422)

    assert problem["code"] == "wrong-document"
    assert problem["errors"][0]["pointer"] == "/id"


def test_an_id_that_another_project_bears_is_refused(blank):
    blank.saved(samples.project())
    other = Film(blank.workspace, make_project(blank.workspace))

    problem = _refused(other, samples.project(), 409)

    assert problem["code"] == "client-key-taken"
