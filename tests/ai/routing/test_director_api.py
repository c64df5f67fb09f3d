"""The director's configuration over HTTP: read, changed, refused, and taken back."""

import threading

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ai.models import Configuration, Revision
from canvas.workspaces.models import Role
from tests.ai.conftest import run
from tests.ai.routing.conftest import make_model, say, stack_of
from tests.factories import client_for

BLANK = {
    "textModel": None,
    "outlineModel": None,
    "visionModel": None,
    "imageModel": None,
    "reasoningEffort": None,
    "temperature": None,
    "extraPrompt": None,
    "overridePrompt": None,
    "provider": None,
}


def of_project(project, tail=""):
    return f"/api/v1/projects/{project.pk}/director/{tail}"


def of_workspace(project, tail=""):
    return f"/api/v1/workspaces/{project.workspace_id}/director/{tail}"


BOTH = pytest.mark.parametrize("address", [of_project, of_workspace], ids=["project", "workspace"])


def patch(client, path, body, **headers):
    return client.patch(path, body, "application/json", headers=headers)


def own(answer):
    return {name: value for name, value in answer.json().items() if name != "effective"}


@BOTH
def test_what_was_never_set_is_null_and_the_plan_counts(api, project, models, address):
    answer = api.get(address(project))

    assert answer.status_code == 200
    assert own(answer) == BLANK
    assert answer.json()["effective"]["textModel"] == {"value": "maker/first", "from": "plan"}
    assert answer.json()["effective"]["overridePrompt"] == {"value": None, "from": None}
    assert not Configuration.objects.exists()


@BOTH
def test_a_change_is_kept_and_null_gives_it_back(api, project, models, address):
    make_model("maker/third")
    body = {
        "textModel": "maker/third",
        "temperature": 0,
        "extraPrompt": " Costs $5 $project_title ",
        "provider": {"dataCollection": "deny", "maxPrice": {"prompt": "2.50"}},
    }
    first = patch(api, address(project), body)
    second = patch(
        api, address(project), {"temperature": None, "provider": {"maxPrice": {"prompt": None}}}
    )

    assert (first.status_code, own(first)) == (200, {**BLANK, **body})
    changed = {"temperature": None, "provider": {"dataCollection": "deny", "maxPrice": {}}}
    assert (second.status_code, own(second)) == (200, {**BLANK, **body, **changed})
    assert own(api.get(address(project))) == own(second)


def test_each_value_says_which_scope_it_comes_from(api, project, models):
    make_model("maker/third")
    stack_of(project.workspace, temperature=0.4)
    patch(api, of_workspace(project), {"textModel": "maker/third", "extraPrompt": "Wide."})
    answer = patch(api, of_project(project), {"extraPrompt": "Narrow.", "provider": {"zdr": True}})

    counts = answer.json()["effective"]
    assert counts["textModel"] == {"value": "maker/third", "from": "workspace"}
    assert counts["extraPrompt"] == {"value": "Narrow.", "from": "project"}
    assert counts["temperature"] == {"value": 0.4, "from": "plan"}
    assert counts["visionModel"] == {"value": "maker/first", "from": "plan"}
    assert counts["provider"] == {"value": {"zdr": True}, "from": "project"}


def test_a_change_counts_from_the_next_call_on_and_so_does_its_end(
    api, project, models, openrouter
):
    make_model("maker/third")
    for _ in range(3):
        openrouter.will_say("Yes.")
    run(say(api, project))
    patch(api, of_project(project), {"textModel": "maker/third", "temperature": 1.5})
    run(say(api, project, "Again."))
    patch(api, of_project(project), {"textModel": None, "temperature": None})
    run(say(api, project, "And again."))

    asked = [(heard["model"], heard["temperature"]) for heard in openrouter.heard]
    assert asked == [("maker/first", 0.7), ("maker/third", 1.5), ("maker/first", 0.7)]


@BOTH
@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ({"textModel": "maker/nobody"}, 422, "/textModel"),
        ({"textModel": "maker/mute"}, 422, "/textModel"),
        ({"visionModel": "maker/mute"}, 422, "/visionModel"),
        ({"imageModel": "maker/first"}, 422, "/imageModel"),
        ({"outlineModel": "maker/painter"}, 422, "/outlineModel"),
        ({"textModel": "maker/gone"}, 422, "/textModel"),
        ({"textModel": ""}, 422, "/textModel"),
        ({"textModel": 5}, 400, "/textModel"),
        ({"temperature": 2.01}, 422, "/temperature"),
        ({"temperature": -0.1}, 422, "/temperature"),
        ({"temperature": "hot"}, 400, "/temperature"),
        ({"reasoningEffort": "extreme"}, 400, "/reasoningEffort"),
        ({"reasoningEffort": "minimal"}, 422, "/reasoningEffort"),
        ({"extraPrompt": "x" * 20_001}, 422, "/extraPrompt"),
        ({"provider": {"speed": 1}}, 400, "/provider/speed"),
        ({"provider": {"order": ["Not A Slug"]}}, 422, "/provider/order/0"),
        ({"provider": {"maxPrice": {"prompt": "free"}}}, 422, "/provider/maxPrice/prompt"),
        ({"provider": {"maxPrice": {"prompt": 1}}}, 400, "/provider/maxPrice/prompt"),
        ({"model": "maker/first"}, 400, "/model"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    api, project, models, address, body, status, pointer
):
    make_model("maker/mute", supported_parameters=[], input_modalities=["text"])
    make_model("maker/painter", output_modalities=["image"])
    make_model("maker/gone", gone_at="2026-01-01T00:00:00Z")
    models["maker/first"].reasoning = {"supported_efforts": ["low", "high"]}
    models["maker/first"].save()

    answer = patch(api, address(project), {"overridePrompt": "Not kept.", **body})

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (status, pointer)
    assert not Configuration.objects.exists()
    assert not Revision.objects.exists()


def test_an_effort_that_the_model_does_not_know_is_refused_with_those_that_it_does(
    api, project, models
):
    models["maker/second"].reasoning = {"supported_efforts": ["high", "low"]}
    models["maker/second"].save()

    answer = patch(
        api, of_project(project), {"textModel": "maker/second", "reasoningEffort": "medium"}
    )
    kept = patch(api, of_project(project), {"textModel": "maker/second", "reasoningEffort": "high"})

    assert answer.json()["code"] == "unsupported-effort"
    assert answer.json()["detail"] == "The model knows these efforts: low, high."
    assert kept.status_code == 200


@BOTH
def test_two_who_edit_at_once_do_not_overwrite_each_other(api, project, models, address):
    seen = api.get(address(project)).headers["ETag"]

    first = patch(api, address(project), {"temperature": 1}, If_Match=seen)
    second = patch(api, address(project), {"temperature": 2}, If_Match=seen)

    assert (first.status_code, second.status_code) == (200, 412)
    assert second.json()["etag"] == first.headers["ETag"]
    assert Configuration.objects.get().temperature == 1
    unchanged = api.get(address(project), headers={"If-None-Match": first.headers["ETag"]})
    assert unchanged.status_code == 304


@BOTH
def test_the_history_begins_before_the_first_edit_and_leads_back(api, project, models, address):
    patch(api, address(project), {"temperature": 1, "provider": {"zdr": True}})
    patch(api, address(project), {"temperature": 1.5, "provider": {"sort": "price"}})
    patch(api, address(project), {"temperature": 1.5})

    rows = api.get(address(project, "history/")).json()["results"]
    back = api.post(address(project, "rollback/"), {"number": 2})
    blank = api.post(address(project, "rollback/"), {"number": 1})

    found = [(row["number"], row["values"]["temperature"], row["note"]) for row in rows]
    assert found == [(3, 1.5, ""), (2, 1, ""), (1, None, "Before the first edit")]
    assert rows[0]["userId"] == str(api.user.pk)
    assert rows[0]["values"]["provider"] == {"zdr": True, "sort": "price"}
    assert (back.status_code, own(back)["temperature"]) == (200, 1)
    assert own(back)["provider"] == {"zdr": True}
    assert own(blank) == BLANK
    assert list(Revision.objects.values_list("number", "note"))[:2] == [
        (5, "Back to revision 1"),
        (4, "Back to revision 2"),
    ]


@BOTH
def test_there_is_no_way_back_to_what_never_was_or_cannot_be_any_more(
    api, project, models, address
):
    patch(api, address(project), {"textModel": "maker/second"})
    patch(api, address(project), {"textModel": None})
    models["maker/second"].gone_at = "2026-01-01T00:00:00Z"
    models["maker/second"].save()

    missing = api.post(address(project, "rollback/"), {"number": 9})
    gone = api.post(address(project, "rollback/"), {"number": 2})
    wrong = api.post(address(project, "rollback/"), {"number": 0})

    assert (missing.status_code, missing.json()["code"]) == (404, "revision-missing")
    assert (gone.status_code, gone.json()["code"]) == (422, "unfit-model")
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/number")
    assert Configuration.objects.get().chat_model == ""
    assert Revision.objects.count() == 3


def test_the_history_comes_in_pages(api, project, models):
    for temperature in (0.1, 0.2, 0.3):
        patch(api, of_project(project), {"temperature": temperature})

    first = api.get(of_project(project, "history/?limit=3")).json()
    second = api.get(first["next"]).json()

    numbers = [[row["number"] for row in page["results"]] for page in (first, second)]
    assert numbers == [[4, 3, 2], [1]]


@pytest.mark.parametrize(
    ("role", "address", "status"),
    [
        (Role.OWNER, of_workspace, 200),
        (Role.EDITOR, of_workspace, 403),
        (Role.EDITOR, of_project, 200),
        (Role.VIEWER, of_project, 403),
    ],
)
def test_owners_change_the_workspace_and_editors_a_project(
    api, project, models, role, address, status
):
    client = client_for(project.workspace, role)

    changed = patch(client, address(project), {"temperature": 1})
    back = client.post(address(project, "rollback/"), {"number": 1})

    assert (changed.status_code, back.status_code) == (status, status)
    assert client.get(address(project)).status_code == 200
    assert Revision.objects.exists() is (status == 200)


def test_an_alias_and_a_shortcut_are_kept_as_the_model_that_they_mean(api, project, models):
    models["maker/second"].canonical_slug = "maker/second-20260101"
    models["maker/second"].save()

    dated = patch(api, of_project(project), {"textModel": "maker/second-20260101"})
    fast = patch(api, of_project(project), {"textModel": "maker/second:nitro"})

    assert own(dated)["textModel"] == "maker/second"
    assert own(fast)["textModel"] == "maker/second:nitro"


def test_the_number_of_statements_does_not_grow_with_the_history(api, project, models):
    def statements(path):
        with CaptureQueriesContext(connection) as queries:
            assert api.get(path).status_code == 200
        return len(queries)

    patch(api, of_project(project), {"temperature": 0.1})
    paths = [of_project(project), of_project(project, "history/")]
    few = [statements(path) for path in paths]
    for number in range(12):
        patch(api, of_project(project), {"temperature": number / 10})

    assert [statements(path) for path in paths] == few


def test_a_closed_project_takes_its_configuration_along_and_others_stay(api, project, models):
    patch(api, of_project(project), {"temperature": 1})
    patch(api, of_workspace(project), {"temperature": 2})

    project.delete()

    assert [row.temperature for row in Configuration.objects.all()] == [2]


def test_first_edits_that_meet_are_both_kept_in_one_row_and_one_history(api, project, models):
    start, statuses = threading.Barrier(4), []

    def work(number):
        client = client_for(project.workspace)
        start.wait()
        answer = patch(client, of_project(project), {"temperature": number / 10})
        statuses.append(answer.status_code)
        connection.close()

    threads = [threading.Thread(target=work, args=[number]) for number in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert statuses == [200] * 4
    assert Configuration.objects.get().version == 4
    rows = Revision.objects.order_by("number").values_list("number", flat=True)
    assert list(rows) == [1, 2, 3, 4, 5]
