"""Naughty texts as names of models: refused with their pointer, and nothing is changed."""

import json

import pytest

from ai.models import Configuration, Job
from tests.factories import client_for
from tests.hostile.bodies import DOCUMENT, filled, resolved, with_rows
from tests.hostile.naughty import STORABLE, UNSTORABLE
from tests.hostile.routes import address_of
from tests.hostile.world import make_world

NAMES = {"model", "textModel", "visionModel", "outlineModel", "imageModel"}


def _places():
    """Every member of every body that names one model."""
    return [
        (operation["operationId"], method, path, name, schema)
        for path, methods in DOCUMENT["paths"].items()
        for method, operation in methods.items()
        if (schema := _body(operation))
        for name in sorted(NAMES & set(resolved(schema).get("properties", ())))
    ]


def _body(operation):
    content = operation.get("requestBody", {}).get("content", {})
    return content.get("application/json", {}).get("schema")


PLACES = _places()


def test_there_are_such_members():
    assert {"messages_create", "outlines_create", "project_director_partial_update"} <= {
        name for name, *_ in PLACES
    }


@pytest.mark.parametrize("place", PLACES, ids=lambda place: f"{place[0]}-{place[3]}")
def test_a_naughty_name_of_a_model_is_refused_and_nothing_is_changed(db, place):
    _, method, path, name, schema = place
    ours = make_world()
    client = client_for(ours.workspace)
    needed = set(resolved(schema).get("required", ()))
    body = {key: value for key, value in filled(schema, needed).items() if key in needed}
    before = Job.objects.count(), Configuration.objects.count()

    failed = []
    for text in [*list(STORABLE.values())[::7], *UNSTORABLE.values(), "", " ", "a/b/c", "x" * 201]:
        sent = with_rows(json.dumps({**body, name: text}), ours.ids)
        answer = client.generic(
            method.upper(), address_of(path, ours.ids), sent, content_type="application/json"
        )
        pointers = [fault["pointer"] for fault in answer.json().get("errors", ())]
        if answer.status_code not in {400, 403, 404, 409, 422} or (
            answer.status_code in {400, 422} and f"/{name}" not in pointers
        ):
            failed.append((text, answer.status_code, answer.content[:200]))

    assert failed == []
    assert (Job.objects.count(), Configuration.objects.count()) == before
