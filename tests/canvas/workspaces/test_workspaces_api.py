"""Workspaces, members and tokens over the API."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from canvas.workspaces.models import ApiToken, Membership, Role, Scope, Workspace
from tests.factories import (
    ApiClient,
    browser_for,
    client_for,
    make_member,
    make_token,
    make_workspace,
    owner_of,
)

LIST = "/api/v1/workspaces/"


def one(workspace, *rest):
    return LIST + "/".join([str(getattr(part, "pk", part)) for part in (workspace, *rest)]) + "/"


def code(answer):
    return answer.status_code, answer.json()["code"]


def test_a_person_founds_a_workspace_and_owns_it(make_user):
    user = make_user()
    browser = browser_for(user)

    made = browser.post(LIST, {"name": "Night Bus"}, content_type="application/json")
    listed = browser.get(LIST).json()["results"]

    assert made.status_code == 201
    assert made.json()["role"] == "owner"
    assert made.json()["plan"] == {"key": "free", "name": "Free"}
    assert made.headers["ETag"] == f'"{made.json()["id"]}-1"'
    assert listed == [made.json()]


@pytest.mark.parametrize(("scope", "status"), [(Scope.ADMIN, 201), (Scope.WRITE, 403)])
def test_a_token_founds_with_the_scope_admin_only(make_workspace, scope, status):
    workspace = make_workspace()
    api = ApiClient(workspace=workspace, token=make_token(workspace, scope)[1])

    assert api.post(LIST, {"name": "Second"}).status_code == status


def test_a_token_without_a_person_founds_nothing(api):
    api.user.delete()

    assert code(api.post(LIST, {"name": "x"})) == (403, "token-may-not-found")


def test_a_token_lists_its_own_workspace_only(api, make_workspace):
    make_workspace(owner=api.user)

    rows = api.get(LIST).json()["results"]

    assert [(row["id"], row["role"]) for row in rows] == [(str(api.workspace.pk), "owner")]


def test_a_browser_lists_every_workspace_with_the_role_there(make_user, make_workspace):
    user = make_user()
    first, second = make_workspace(owner=user), make_workspace()
    make_member(second, Role.VIEWER, user)
    make_workspace(owner=user, deleted_at=timezone.now())

    rows = browser_for(user).get(LIST).json()["results"]

    assert [(row["id"], row["role"]) for row in rows] == [
        (str(first.pk), "owner"),
        (str(second.pk), "viewer"),
    ]


def test_a_rename_raises_the_version(api):
    answer = api.patch(one(api.workspace), {"name": "New"}, content_type="application/json")

    assert (answer.status_code, answer.json()["name"]) == (200, "New")
    assert answer.headers["ETag"] == f'"{api.workspace.pk}-2"'
    assert answer.json()["modifiedAt"] > answer.json()["createdAt"]


def test_a_reader_that_is_up_to_date_gets_304(api):
    first = api.get(one(api.workspace))

    again = api.get(one(api.workspace), headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]


@pytest.mark.parametrize("method", ["patch", "delete"])
def test_an_edit_of_an_old_version_is_refused_with_the_present_etag(api, method):
    present = api.get(one(api.workspace)).headers["ETag"]

    answer = getattr(api, method)(
        one(api.workspace),
        {"name": "x"},
        content_type="application/json",
        headers={"If-Match": f'"{api.workspace.pk}-9"'},
    )

    assert code(answer) == (412, "stale")
    assert answer.headers["ETag"] == answer.json()["etag"] == present
    assert Workspace.objects.get(pk=api.workspace.pk).name == api.workspace.name


@pytest.mark.parametrize(
    ("tag", "status"), [("*", 200), ('"{id}-1"', 200), ("nonsense", 400), ('W/"{id}-1"', 412)]
)
def test_if_match_is_honoured(api, tag, status):
    answer = api.patch(
        one(api.workspace),
        {"name": "New"},
        content_type="application/json",
        headers={"If-Match": tag.format(id=api.workspace.pk)},
    )

    assert answer.status_code == status


@pytest.mark.parametrize(
    ("body", "status", "pointer", "fault"),
    [
        ({"name": ""}, 422, "/name", "blank"),
        ({"name": None}, 400, "/name", "null"),
        ({"name": "x" * 121}, 422, "/name", "max-length"),
        ({"name": 1}, 400, "/name", "invalid"),
        ({"secondMessage": "perhaps"}, 400, "/secondMessage", "invalid-choice"),
        ({"colour": "red"}, 400, "/colour", "unknown-field"),
    ],
)
def test_a_wrong_workspace_is_refused_with_its_place(api, body, status, pointer, fault):
    answer = api.patch(one(api.workspace), body, content_type="application/json")

    assert answer.status_code == status
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [(pointer, fault)]


def test_what_is_read_only_may_be_sent_back(api):
    body = api.get(one(api.workspace)).json() | {"name": "New", "role": "viewer", "plan": None}

    answer = api.patch(one(api.workspace), body, content_type="application/json")

    assert (answer.json()["name"], answer.json()["role"]) == ("New", "owner")


def test_a_closed_workspace_is_gone_for_everybody(make_user, make_workspace):
    user = make_user()
    workspace = make_workspace(owner=user)
    browser = browser_for(user)

    assert browser.delete(one(workspace)).status_code == 204
    assert browser.get(one(workspace)).status_code == 404
    assert browser.get(LIST).json()["results"] == []
    assert Workspace.objects.filter(pk=workspace.pk).exists()


@pytest.mark.parametrize("role", [Role.VIEWER, Role.COMMENTER, Role.EDITOR])
def test_only_owners_manage(make_workspace, role):
    workspace = make_workspace()
    member = make_member(workspace, role)
    other = make_member(workspace, Role.VIEWER)
    token, _ = make_token(workspace)
    browser = browser_for(member.user)
    json = {"content_type": "application/json"}

    answers = [
        browser.patch(one(workspace), {"name": "x"}, **json),
        browser.delete(one(workspace)),
        browser.post(one(workspace, "members"), {"username": "x"}, **json),
        browser.patch(one(workspace, "members", other), {"role": "owner"}, **json),
        browser.delete(one(workspace, "members", other)),
        browser.get(one(workspace, "tokens")),
        browser.post(one(workspace, "tokens"), {"name": "x", "scopes": ["read"]}, **json),
        browser.get(one(workspace, "tokens", token)),
        browser.delete(one(workspace, "tokens", token)),
    ]

    assert [answer.status_code for answer in answers] == [403] * 9
    assert browser.get(one(workspace)).status_code == 200
    assert browser.get(one(workspace, "members")).status_code == 200


def test_foreign_and_missing_rows_look_the_same(api, make_workspace):
    foreign = make_workspace()
    member = foreign.memberships.get()
    token, _ = make_token(foreign)
    own = api.workspace
    nobody = uuid.uuid4()
    browser = browser_for(api.user)
    matrix = [
        (method, path)
        for path in [
            one(foreign),
            one(nobody),
            one(foreign, "members"),
            one(foreign, "members", member),
            one(own, "members", member),
            one(own, "members", nobody),
            one(foreign, "tokens"),
            one(foreign, "tokens", token),
            one(own, "tokens", token),
            one(own, "tokens", nobody),
        ]
        for method in ("get", "patch", "delete", "post")
    ]

    for caller in (api, browser):
        for method, path in matrix:
            answer = (
                getattr(caller, method)(path, {}, content_type="application/json")
                if (method != "get")
                else caller.get(path)
            )
            assert answer.status_code in {404, 405}, (method, path, answer.content)
            body = answer.json()
            assert body["code"] in {"workspace-missing", "member-missing", "token-missing"} or (
                answer.status_code == 405
            )

    assert foreign.memberships.count() == 1
    assert ApiToken.objects.get(pk=token.pk).revoked_at is None


def test_strangers_get_401_everywhere(client, make_workspace):
    workspace = make_workspace()
    paths = [LIST, one(workspace), one(workspace, "members"), one(workspace, "tokens")]

    assert [client.get(path).status_code for path in paths] == [401] * 4


def test_an_owner_lets_people_in_by_name_or_address(api, make_user):
    ana, ben = make_user(username="ana"), make_user(email="Ben@example.com")

    by_name = api.post(one(api.workspace, "members"), {"username": "ana", "role": "viewer"})
    by_address = api.post(one(api.workspace, "members"), {"email": "ben@example.com"})

    assert (by_name.status_code, by_name.json()["role"]) == (201, "viewer")
    assert by_name.json()["user"]["id"] == str(ana.pk)
    assert (by_address.json()["user"]["id"], by_address.json()["role"]) == (str(ben.pk), "editor")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"username": "nobody"}, (422, "user-missing")),
        ({"email": "same@example.com"}, (422, "user-ambiguous")),
        ({}, (400, "malformed")),
        ({"username": "a", "email": "a@example.com"}, (400, "malformed")),
        ({"username": "ana", "role": "king"}, (400, "malformed")),
        ({"username": "ana"}, (409, "already-a-member")),
    ],
)
def test_who_cannot_be_let_in(api, make_user, body, expected):
    make_user(email="same@example.com")
    make_user(email="same@example.com")
    make_member(api.workspace, user=make_user(username="ana"))

    assert code(api.post(one(api.workspace, "members"), body)) == expected
    assert Membership.objects.filter(workspace=api.workspace).count() == 2


def test_the_last_owner_stays(api):
    member = api.workspace.memberships.get()
    path = one(api.workspace, "members", member)

    lowered = api.patch(path, {"role": "editor"}, content_type="application/json")
    removed = api.delete(path)

    assert code(lowered) == code(removed) == (409, "last-owner")
    assert api.workspace.memberships.get().role == "owner"


def test_one_of_two_owners_may_go(api):
    second = make_member(api.workspace, Role.OWNER)
    path = one(api.workspace, "members", second)

    lowered = api.patch(path, {"role": "viewer"}, content_type="application/json")

    assert (lowered.status_code, lowered.json()["role"]) == (200, "viewer")
    assert lowered.headers["ETag"] == f'"{second.pk}-2"'
    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == 404


def test_a_member_may_leave_and_their_tokens_stay_the_workspaces(make_workspace):
    workspace = make_workspace()
    member = make_member(workspace, Role.OWNER)
    token, text = make_token(workspace, user=member.user)

    left = browser_for(member.user).delete(one(workspace, "members", member))

    assert left.status_code == 204
    assert ApiToken.objects.get(pk=token.pk).created_by is None
    assert ApiClient(workspace=workspace, token=text).get("/api/v1/me/").json()["user"] is None


def test_a_token_is_shown_once_and_works(api):
    soon = timezone.now() + timedelta(days=1)

    made = api.post(
        one(api.workspace, "tokens"),
        {"name": "CI", "scopes": ["write", "read"], "expiresAt": soon.isoformat()},
    )
    listed = api.get(one(api.workspace, "tokens"))
    used = ApiClient(workspace=api.workspace, token=made.json()["token"]).get("/api/v1/me/")

    assert made.status_code == 201
    assert made.json()["token"].startswith("cnv_")
    assert made.json()["scopes"] == ["read", "write"]
    assert made.json()["token"].encode() not in listed.content
    assert used.json()["scopes"] == ["read", "write"]
    assert used.json()["role"] == "editor"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"name": "x", "scopes": []}, 422),
        ({"name": "x", "scopes": ["root"]}, 400),
        ({"name": "x", "scopes": "read"}, 400),
        ({"scopes": ["read"]}, 400),
        ({"name": "x", "scopes": ["read"], "expiresAt": "tomorrow"}, 400),
        ({"name": "x", "scopes": ["read"], "expiresAt": "2020-01-01T00:00:00Z"}, 422),
    ],
)
def test_a_wrong_token_is_not_made(api, body, status):
    before = ApiToken.objects.count()

    assert api.post(one(api.workspace, "tokens"), body).status_code == status
    assert ApiToken.objects.count() == before


@pytest.mark.parametrize(
    ("have", "method", "path", "told"),
    [
        ("read", "post", "/api/v1/projects/", "scope write; yours has read."),
        ("write", "patch", "{workspace}", "scope admin; yours has write."),
    ],
)
def test_a_token_is_told_of_scopes_not_of_roles(api, have, method, path, told):
    _, text = make_token(api.workspace, have)
    program = ApiClient(workspace=api.workspace, token=text)
    address = path.format(workspace=one(api.workspace))

    answer = getattr(program, method)(address, {"name": "x"}, "application/json")

    assert code(answer) == (403, "role-too-low")
    assert answer.json()["detail"] == f"This needs a token with the {told}"


def test_a_revoked_token_stops_at_once(api):
    row, text = make_token(api.workspace)
    other = ApiClient(workspace=api.workspace, token=text)
    path = one(api.workspace, "tokens", row)

    assert other.get("/api/v1/me/").status_code == 200
    assert api.delete(path).status_code == 204
    assert other.get("/api/v1/me/").status_code == 401
    assert api.get(path).status_code == api.delete(path).status_code == 404


def test_lists_cost_the_same_queries_however_long_they_are(api, django_assert_num_queries):
    api.get(LIST)
    for _ in range(5):
        make_member(api.workspace)
        make_token(api.workspace)

    for path in (LIST, one(api.workspace, "members"), one(api.workspace, "tokens")):
        with django_assert_num_queries(2):
            api.get(path)


def test_the_token_list_pages(api):
    for _ in range(3):
        make_token(api.workspace)

    first = api.get(one(api.workspace, "tokens") + "?limit=3").json()
    second = api.get(first["next"]).json()

    assert [len(first["results"]), len(second["results"]), second["next"]] == [3, 1, None]


def test_an_owner_elsewhere_is_nobody_here(make_workspace):
    theirs, ours = make_workspace(), make_workspace()
    make_member(ours, Role.VIEWER, owner_of(theirs))

    answer = browser_for(owner_of(theirs)).patch(
        one(ours), {"name": "x"}, content_type="application/json"
    )

    assert code(answer) == (403, "role-too-low")
    assert client_for(theirs).get(one(ours)).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_remove_each_other_at_once_leave_one():
    workspace = make_workspace()
    first, second = workspace.memberships.get(), make_member(workspace, Role.OWNER)
    pairs = [(client_for(workspace), first), (client_for(workspace), second)]
    start = threading.Barrier(2)

    def remove(client, member):
        try:
            start.wait(10)
            return client.delete(one(workspace, "members", member)).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        statuses = sorted(pool.map(lambda pair: remove(*pair), pairs))

    assert statuses == [204, 409]
    assert workspace.memberships.get().role == "owner"


def test_a_token_of_another_version_is_not_revoked(api):
    row, _ = make_token(api.workspace)
    path = one(api.workspace, "tokens", row)

    stale = api.delete(path, headers={"If-Match": f'"{row.pk}-2"'})
    fresh = api.delete(path, headers={"If-Match": f'"{row.pk}-1"'})

    assert (stale.status_code, fresh.status_code) == (412, 204)
