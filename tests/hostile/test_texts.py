"""Naughty texts in every text member of every body, in searches, in chat and in what models say."""

import json
import re

import pytest

from scenes.models import Scene
from tests.ai.conftest import run, use_models
from tests.factories import client_for
from tests.hostile.bodies import DOCUMENT, Operation, at, operations, with_rows, with_value
from tests.hostile.naughty import BLANK, STORABLE, UNSTORABLE, batches
from tests.hostile.reading import read_all
from tests.hostile.routes import LISTS, address_of
from tests.hostile.world import make_world

pytestmark = pytest.mark.sweep

LONGEST = 190  # the shortest limit of an ordinary text, with room for an ordinal
TURNS = len(batches(LONGEST))
IN_ADMIN = {"projects_document_update", "projects_bible_entries_create", "tokens_create"}
WITH_TEXTS = [one for one in operations() if one.texts]
WITH_FORMS = [one for one in operations() if one.bound]
# A body may be well-formed and against a rule: taken names, unknown people, a second message.
AGAINST_RULES = {402, 409, 422}
STRANGERS = {"login": {401, 429}}  # a name of nobody, and too many of them
# Nobody and no model has such a name.
OF_NOBODY = {"login", "members_create", "lab_runs_create", "lab_runs_promote"}


@pytest.fixture
def ours(db):
    world = make_world()
    use_models(world.workspace, "maker/first")
    world.client = client_for(world.workspace)
    return world


def send(ours, operation: Operation, body):
    path = address_of(operation.path, ours.ids)
    return ours.client.generic(
        operation.method.upper(),
        path,
        with_rows(json.dumps(body), ours.ids),
        content_type="application/json",
    )


def rounds(operation: Operation):
    """Give bodies whose every text is naughty, until each place has seen all of the texts.

    A place for very short texts sees a part of them, another one in each operation.
    """
    turns = []
    for place, schema in operation.texts:
        if place == ("id",):  # whose document it is: another one is refused as a whole
            continue
        texts = batches(min(schema.get("maxLength", LONGEST), LONGEST))
        step = max(len(texts) // TURNS, 1)
        turns.append((place, texts[len(operation.id) % step :: step]))
    for turn in range(TURNS):
        body = operation.body
        for number, (place, texts) in enumerate(turns):  # no two places with the same
            body = with_value(body, place, texts[(turn + number) % len(texts)])
        yield body


@pytest.mark.parametrize("operation", WITH_TEXTS, ids=lambda one: one.id)
def test_every_text_is_kept_as_it_came_or_refused_and_everything_reads_on(ours, operation):
    failed, taken = [], 0

    for body in rounds(operation):
        answer = send(ours, operation, body)
        taken += answer.status_code in {200, 201, 202}
        if answer.status_code in {200, 201}:
            shown = answer.json()
            failed += [
                (place, kept)
                for place, _ in operation.texts
                if isinstance(kept := at(shown, place), str)
                and place[-1] not in {"id", "thumbnail"}
                and kept.strip() != at(body, place).strip()
            ]
        elif answer.status_code not in {202, *AGAINST_RULES, *STRANGERS.get(operation.id, ())}:
            failed.append((answer.status_code, answer.content[:300]))

    assert failed == []
    assert (taken > 0) == (operation.id not in OF_NOBODY)
    assert read_all(ours, admin=operation.id in IN_ADMIN) == []


@pytest.mark.parametrize("operation", WITH_TEXTS, ids=lambda one: one.id)
def test_what_cannot_be_stored_is_named_wherever_it_stands(ours, operation):
    for place, _ in operation.texts:
        for text in UNSTORABLE.values() if len(operation.texts) < 30 else ["a\ud83c"]:
            answer = send(ours, operation, with_value(operation.body, place, text))
            pointer = "".join(f"/{step}" for step in place)
            assert answer.status_code == 400, (place, text)
            assert pointer in [fault["pointer"] for fault in answer.json()["errors"]]
        for text in BLANK.values() if len(operation.texts) < 30 else [" "]:
            answer = send(ours, operation, with_value(operation.body, place, text))
            allowed = {200, 201, 202, *AGAINST_RULES, *STRANGERS.get(operation.id, ())}
            assert answer.status_code in allowed, (place, text)


@pytest.mark.parametrize("operation", WITH_FORMS, ids=lambda one: one.id)
def test_a_text_with_a_form_of_its_own_refuses_all_others(ours, operation):
    for place, schema in operation.bound:
        texts = [*list(STORABLE.values())[::17], *UNSTORABLE.values()]
        for text in (one for one in texts if not _has_the_form(one, schema)):
            answer = send(ours, operation, with_value(operation.body, place, text))
            assert answer.status_code in {400, 422}, (place, text)

    assert read_all(ours) == []


def _has_the_form(text, schema):
    return "pattern" in schema and re.search(schema["pattern"], text) is not None


@pytest.mark.parametrize("path", ["projects/", "scenes", "bible/entries"])
def test_every_text_can_be_searched_for(ours, path):
    project = f"projects/{ours.ids['project']}/"
    path = path if path == "projects/" else f"{project}{path}/"

    for text in [*batches(LONGEST), *list(STORABLE.values())[::9], *BLANK.values()]:
        assert ours.client.get(f"/api/v1/{path}", {"search": text}).status_code == 200, text
    for text in ["a\x00b", "x" * 201]:
        assert ours.client.get(f"/api/v1/{path}", {"search": text}).status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        "limit=0", "limit=-1", "limit=201", "limit=1e2", "limit=", "limit=%00", "limit=%EF%BC%91",
        "limit=9999999999999999999999", "cursor=%00", "cursor=AAAA", "cursor=e30",
        "cursor=" + "A" * 9_000,
        "cursor=%FF%FE", "cursor=eyJvIjpbXSwidiI6W10sImIiOmZhbHNlfQ", "cursor=bnVsbA",
        "ordering=%00", "ordering=password", "ordering=-", "ordering=--createdAt",
        "ordering=workspace__tokens__digest", "%00=1", "%ED%A0%80=1", "a[b]=1", "limit=5&limit=",
        "x-unknown=1", "search__icontains=1",
    ],
)  # fmt: skip
def test_a_hostile_query_is_refused_by_every_list(ours, query):
    for route in LISTS:
        answer = ours.client.get(f"{route.address(ours.ids)}?{query}")
        assert answer.status_code == 400, (route.path, answer.content)
        assert answer.headers["Content-Type"] == "application/problem+json"


def test_every_list_knows_what_the_document_says_of_it_and_nothing_else(ours):
    told = {"date": "2026-11-21", "uuid": ours.ids["project"]}

    for documented, methods in DOCUMENT["paths"].items():
        listed = methods.get("get", {}).get("operationId", "").endswith("_list")
        for one in methods["get"]["parameters"] if listed else ():
            schema = one["schema"]
            if one["in"] == "query" and one["name"] != "cursor":
                known = schema.get("examples") or schema.get("enum")
                value = known[0] if known else told.get(schema.get("format"), 1)
                value = "true" if schema.get("type") == "boolean" else value
                path = address_of(documented, ours.ids)
                answer = ours.client.get(path, {one["name"]: value})
                assert answer.status_code == 200, (documented, one["name"], answer.content)


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("If-Match", "x", {400}),
        ("If-Match", '"' + "x" * 9_000 + '"', {412}),
        ("If-Match", 'W/"\u00ff"', {400, 412}),
        ("If-None-Match", "'x'", {200}),
        ("Idempotency-Key", "", {200}),
        ("X-Workspace", "\u00e9", {404}),
        ("X-Workspace", "'; --", {404}),
        ("X-Request-ID", "a\tb" * 99, {200}),
        ("Content-Type", "application/json; charset=utf-16", {415}),
        ("Content-Type", "application/json; charset=\u00ff", {415}),
        ("Content-Type", "text/plain", {415}),
        ("Content-Type", "", {415}),
        ("Content-Type", "multipart/form-data", {415}),
        ("Accept", "application/xml", {406}),
        ("Accept", "\u00ff/;q=", {200, 406}),
        ("Prefer", "wait=-1, wait=999999999999999999999", {200}),
        ("Prefer", "wait=NaN; \u00ff", {200}),
        ("Authorization", "Bearer \u00ff\u00fe", {401}),
        ("Authorization", "Bearer", {401}),
        ("Authorization", "Basic AAAA", {401}),
    ],
)
def test_a_hostile_header_breaks_nothing(ours, name, value, allowed):
    path = f"/api/v1/scenes/{ours.ids['scene']}/"
    kind = value if name == "Content-Type" else "application/json"
    headers = {} if name == "Content-Type" else {name: value}

    answer = ours.client.generic("PATCH", path, '{"notes": "a"}', kind, headers=headers)

    assert answer.status_code in allowed, answer.content


def test_what_models_say_and_call_is_as_naughty_as_it_likes(transactional_db, api, openrouter):
    world = make_world(api.workspace)
    use_models(api.workspace, "maker/first")
    texts = batches(LONGEST)[:6]
    for text in texts:
        call = {"title": text, "description": text, "location": text, "characters": [text]}
        openrouter.will_call(("create_scene", json.dumps(call)), (text, "{}"), text=text)
        openrouter.will_say(text)
    project = world.ids["project"]

    for text in texts:
        said = api.post(f"/api/v1/projects/{project}/messages/", {"content": text})
        assert run(said.json()["job"]["id"]).status == "succeeded"

    assert read_all(world, admin=True) == []
    assert Scene.objects.filter(project_id=project).count() == 1 + len(texts)
