"""`GET /usage/projects/`: what did that cost?"""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ai.models import CallStatus
from scenes.models import SceneStatus
from scenes.services.scenes import set_status
from tests.factories import client_for
from tests.scenes.factories import HUMAN, make_project, make_scene, roomy_workspace

PROJECTS = "/api/v1/usage/projects/"


def lock(project, count=1):
    for _ in range(count):
        set_status(scene=make_scene(project), status=SceneStatus.LOCKED, by=HUMAN)


def test_a_project_tells_its_cost_by_service_and_by_scene(api, call, film):
    for _ in range(3):
        make_scene(film)
    api.delete(f"/api/v1/scenes/{make_scene(film).pk}/")
    call(cost_nusd=1_000_000_000, images=1)
    call(cost_nusd=500_000_000, task="outline")
    call(cost_nusd=500_000_001, task="lab", simulated=True, prompt_tokens=None)

    [row] = api.get(PROJECTS).json()["results"]

    assert row == {
        "projectId": str(film.pk), "projectTitle": "The Ferry", "isDeleted": False,
        "isFinished": False, "scenes": 3, "lockedScenes": 0, "calls": 3, "unknownCalls": 0,
        "tokens": 230, "images": 1, "costUsd": "2.000000001", "heldUsd": "0",
        "costPerSceneUsd": "0.666666667",
        "costByTask": {
            "chat": "1", "outline": "0.5", "vision": "0", "image": "0", "other": "0.500000001",
        },
        "simulated": True,
    }  # fmt: skip


def test_what_is_not_known_is_null_and_makes_the_shares_unknown(api, call, film):
    lock(film)
    call(task="vision", cost_nusd=None, status=CallStatus.UNKNOWN, hold_nusd=9)
    call()

    body = api.get(PROJECTS).json()

    [row] = body["results"]
    assert (row["costUsd"], row["heldUsd"], row["costPerSceneUsd"]) == ("0.01", "0.000000009", None)
    assert (row["costByTask"]["vision"], row["costByTask"]["image"]) == (None, "0")
    assert body["finished"] == {
        "projects": 1, "calls": 2, "unknownCalls": 1, "costUsd": "0.01", "costPerProjectUsd": None,
    }  # fmt: skip


def test_finished_projects_are_archived_or_locked_from_end_to_end(api, call, film):
    locked, archived, open_, binned = (make_project(api.workspace) for _ in range(4))
    lock(locked, 2)
    lock(open_)
    make_scene(open_)
    api.post(f"/api/v1/projects/{archived.pk}/archive/")
    for project in (locked, archived, open_, binned, film):
        call(project=project, cost_nusd=3_000_000)
    call(project=locked, cost_nusd=1_000_000)
    lock(binned)
    api.delete(f"/api/v1/projects/{binned.pk}/")

    body = api.get(PROJECTS).json()

    finished = {row["projectId"] for row in body["results"] if row["isFinished"]}
    assert finished == {str(locked.pk), str(archived.pk)}
    assert [row["projectId"] for row in body["results"] if row["isDeleted"]] == [str(binned.pk)]
    assert body["finished"] == {
        "projects": 2, "calls": 3, "unknownCalls": 0, "costUsd": "0.007",
        "costPerProjectUsd": "0.0035",
    }  # fmt: skip


def test_a_project_without_calls_has_cost_nothing(api, film):
    [row] = api.get(PROJECTS).json()["results"]

    assert (row["calls"], row["costUsd"], row["tokens"]) == (0, "0", 0)
    assert row["costPerSceneUsd"] is None


@pytest.mark.parametrize(
    ("query", "cost"),
    [({"from": "2026-11-02"}, "0.02"), ({"payer": "own"}, "0.03"), ({"simulated": "true"}, "0")],
)
def test_filters_choose_the_calls_and_leave_the_projects(api, call, query, cost):
    call(day="2026-11-02", cost_nusd=20_000_000)
    call(day="2026-11-01", cost_nusd=30_000_000, payer="own")

    [row] = api.get(PROJECTS, query).json()["results"]

    assert row["costUsd"] == cost


def test_pages_of_projects_ask_as_often_for_many_as_for_one(api, call, film):
    def asked():
        with CaptureQueriesContext(connection) as queries:
            api.get(PROJECTS)
        return len(queries)

    call()
    asked()
    one = asked()
    for _ in range(10):
        other = make_project(api.workspace)
        lock(other)
        call(project=other)
    first = api.get(PROJECTS, {"limit": 6}).json()
    second = api.get(first["next"]).json()

    assert asked() == one
    assert len({row["projectId"] for row in first["results"] + second["results"]}) == 11
    assert first["finished"] == second["finished"]
    assert api.get(PROJECTS, {"projectId": str(film.pk)}).json()["results"][0]["calls"] == 1


def test_another_workspace_sees_no_project_of_this_one(api, call, film):
    call()
    other = client_for(roomy_workspace())

    assert other.get(PROJECTS).json()["results"] == []
    assert other.get(PROJECTS, {"projectId": str(film.pk)}).json()["results"] == []


def test_a_parameter_that_is_none_is_refused(api):
    answer = api.get(PROJECTS, {"task": "chat"})

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "unknown-parameter")
