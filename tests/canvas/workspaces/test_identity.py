"""Who is calling: tokens, sessions, CSRF, roles, lock-out, limits."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from limits.storage import RedisStorage
from limits.strategies import MovingWindowRateLimiter

from canvas.workspaces import lockout, throttling
from canvas.workspaces.models import ApiToken, Plan, Role, Scope, User, Workspace
from tests import factories
from tests.factories import PASSWORD, ApiClient, browser_for, client_for, make_member, make_token

ME = "/api/v1/me/"
SESSION = "/api/v1/session/"
COMMENT = "/api/v1/test/comment/"


def code(answer):
    return answer.status_code, answer.json()["code"]


def test_me_tells_who_where_and_how_much(api):
    Plan.objects.filter(key="free").update(budget_nusd_a_month=1_500_000_000)

    answer = api.get(ME)

    assert answer.status_code == 200
    assert answer.json() == {
        "user": {
            "id": str(api.user.pk),
            "username": api.user.username,
            "email": api.user.email,
            "firstName": "",
            "lastName": "",
        },
        "workspace": {
            "id": str(api.workspace.pk),
            "name": api.workspace.name,
            "plan": {"key": "free", "name": "Free"},
        },
        "role": "owner",
        "limits": {
            "maxProjects": 3,
            "maxScenesPerProject": 20,
            "tokensAMonth": 5_000_000,
            "imagesAMonth": 500,
            "watermark": True,
        },
        "budgetUsd": "1.5",
        "scopes": ["read", "write", "admin"],
    }


def test_the_four_plans_are_there(db):
    rows = Plan.objects.values_list("key", "tokens_a_month", "images_a_month", "is_default")

    assert list(rows) == [
        ("free", 5_000_000, 500, True),
        ("starter", 50_000_000, 5_000, False),
        ("professional", 100_000_000, 10_000, False),
        ("premium", None, None, False),
    ]
    assert Plan.objects.get(key="premium").budget_nusd_a_month == 100 * 10**9


def test_a_stranger_is_asked_for_a_token(client, db):
    answer = client.get(ME)

    assert code(answer) == (401, "not-authenticated")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.cookies["csrftoken"].value


@pytest.mark.parametrize("header", ["Bearer cnv_wrong", "Bearer", "bearer  ", "Bearer \xff"])
def test_a_wrong_token_is_refused(client, db, header):
    assert code(client.get(ME, headers={"Authorization": header})) == (401, "invalid-credentials")


def test_other_schemes_are_not_ours(client, db):
    answer = client.get(ME, headers={"Authorization": "Basic eDp5"})

    assert code(answer) == (401, "not-authenticated")


@pytest.mark.parametrize(
    "over",
    [
        {"expires_at": timezone.now() - timedelta(seconds=1)},
        {"revoked_at": timezone.now()},
    ],
)
def test_a_token_that_is_over_is_refused(api, over):
    ApiToken.objects.update(**over)

    assert api.get(ME).status_code == 401


def test_a_token_of_a_closed_workspace_is_refused(api):
    Workspace.objects.update(deleted_at=timezone.now())

    assert api.get(ME).status_code == 401


def test_a_token_works_without_its_maker(api):
    api.user.delete()

    answer = api.get(ME)

    assert (answer.json()["user"], answer.json()["role"]) == (None, "owner")


def test_a_token_whose_maker_is_inactive_acts_without_a_person(api):
    User.objects.update(is_active=False)

    assert api.get(ME).json()["user"] is None


def test_only_the_digest_of_a_token_is_kept(api):
    row = ApiToken.objects.get()

    assert api.token not in str(ApiToken.objects.values().get())
    assert row.hint == api.token[:12]


def test_the_use_of_a_token_is_noted_once_a_minute(api, django_assert_num_queries):
    with django_assert_num_queries(2):
        api.get(ME)
    noted = ApiToken.objects.get().last_used_at
    with django_assert_num_queries(1):
        api.get(ME)
    ApiToken.objects.update(last_used_at=noted - timedelta(minutes=2))
    api.get(ME)

    assert ApiToken.objects.get().last_used_at > noted


def test_a_token_cannot_be_pointed_at_another_workspace(api, make_workspace):
    own = {"X-Workspace": str(api.workspace.pk)}
    other = {"X-Workspace": str(make_workspace().pk)}

    assert api.get(ME, headers=own).status_code == 200
    assert code(api.get(ME, headers=other)) == (404, "workspace-missing")
    assert code(api.get(ME, headers={"X-Workspace": "x"})) == (404, "workspace-missing")


def test_a_browser_works_in_its_oldest_workspace_or_the_named_one(make_user, make_workspace):
    user = make_user()
    first, second = make_workspace(owner=user), make_workspace(owner=user)
    browser = browser_for(user)

    oldest = browser.get(ME).json()
    named = browser.get(ME, headers={"X-Workspace": str(second.pk)}).json()
    foreign = browser.get(ME, headers={"X-Workspace": str(make_workspace().pk)})

    assert (oldest["workspace"]["id"], oldest["scopes"]) == (str(first.pk), None)
    assert named["workspace"]["id"] == str(second.pk)
    assert code(foreign) == (404, "workspace-missing")


def test_a_person_without_a_workspace_is_known_but_may_do_little(make_user, echo_urls):
    browser = browser_for(make_user())

    me = browser.get(ME)

    assert (me.status_code, me.json()["workspace"], me.json()["role"]) == (200, None, None)
    assert code(browser.get(COMMENT)) == (403, "no-workspace")


def test_a_browser_must_prove_that_our_page_made_the_request(make_user, make_workspace, echo_urls):
    user = make_user()
    make_workspace(owner=user)
    browser = browser_for(user, enforce_csrf_checks=True)

    assert browser.get(COMMENT).status_code == 200
    assert code(browser.post(COMMENT)) == (403, "csrf-failed")
    browser.get(ME)
    token = browser.cookies["csrftoken"].value
    assert browser.post(COMMENT, headers={"X-CSRFToken": token}).status_code == 201


def test_a_form_of_a_browser_is_cleaned_too(make_user, make_workspace, echo_urls):
    user = make_user()
    make_workspace(owner=user)

    answer = browser_for(user).post("/api/v1/test/upload/", {"label": "a\x00b"})

    assert answer.status_code == 400


def test_a_token_needs_no_csrf_proof(api, echo_urls):
    strict = ApiClient(workspace=api.workspace, token=api.token, enforce_csrf_checks=True)

    assert strict.post(COMMENT).status_code == 201


@pytest.mark.parametrize(
    ("role", "reads", "comments", "writes"),
    [
        (Role.VIEWER, 200, 403, 403),
        (Role.COMMENTER, 200, 201, 403),
        (Role.EDITOR, 200, 201, 200),
        (Role.OWNER, 200, 201, 200),
    ],
)
def test_each_role_may_do_its_part(make_workspace, echo_urls, role, reads, comments, writes):
    browser = browser_for(make_member(make_workspace(), role).user)

    got = [call(COMMENT).status_code for call in (browser.get, browser.post, browser.put)]

    assert got == [reads, comments, writes]


@pytest.mark.parametrize(
    ("scope", "comments", "writes"),
    [(Scope.READ, 403, 403), (Scope.WRITE, 201, 200), (Scope.ADMIN, 201, 200)],
)
def test_each_scope_may_do_its_part(make_workspace, echo_urls, scope, comments, writes):
    workspace = make_workspace()
    api = ApiClient(workspace=workspace, token=make_token(workspace, scope)[1])

    assert api.get(COMMENT).status_code == 200
    assert [api.post(COMMENT).status_code, api.put(COMMENT).status_code] == [comments, writes]


def test_a_role_that_is_too_low_is_named(make_workspace, echo_urls):
    api = client_for(make_workspace(), Role.VIEWER)

    assert code(api.put(COMMENT)) == (403, "role-too-low")


def login(client, username, password=PASSWORD, **extra):
    body = {"username": username, "password": password}
    return client.post(SESSION, body, content_type="application/json", **extra)


def test_a_browser_logs_in_and_out(make_user, make_workspace):
    user = make_user()
    workspace = make_workspace(owner=user)
    browser = Client(enforce_csrf_checks=True)
    browser.get(ME)

    def proof():
        return {"X-CSRFToken": browser.cookies["csrftoken"].value}

    entered = login(browser, user.username, headers=proof())
    inside = browser.get(ME)
    left = browser.delete(SESSION, headers=proof())
    outside = browser.get(ME)

    assert entered.status_code == 200
    assert entered.json()["workspace"]["id"] == str(workspace.pk)
    assert inside.json() == entered.json()
    assert (left.status_code, outside.status_code) == (204, 401)


def test_a_login_without_csrf_proof_is_refused(make_user):
    answer = login(Client(enforce_csrf_checks=True), make_user().username)

    assert code(answer) == (403, "csrf-failed")


@pytest.mark.parametrize("wrong", [{"password": "x"}, {"username": "nobody"}])
def test_a_wrong_login_is_401(client, make_user, wrong):
    answer = login(client, **{"username": make_user().username, **wrong})

    assert code(answer) == (401, "invalid-credentials")
    assert "sessionid" not in answer.cookies


def test_an_inactive_person_cannot_log_in(client, make_user):
    assert login(client, make_user(is_active=False).username).status_code == 401


def test_ten_wrong_passwords_lock_the_name_for_the_address(client, make_user):
    user, other = make_user(username="ana"), make_user()
    tries = [login(client, "ana", "x").status_code for _ in range(10)]

    locked = login(client, "ANA")
    elsewhere = login(client, "ana", REMOTE_ADDR="10.0.0.9")

    assert tries == [401] * 10
    assert code(locked) == (429, "too-many-requests")
    assert 880 <= int(locked.headers["Retry-After"]) <= 900
    assert elsewhere.status_code == 200
    assert login(Client(), other.username).status_code == 200
    assert user.username == "ana"


def test_a_right_password_forgets_the_wrong_ones(client, make_user):
    user = make_user()
    for _ in range(9):
        login(client, user.username, "x")
    login(Client(), user.username)
    for _ in range(9):
        login(client, user.username, "x")

    assert login(client, user.username).status_code == 200


def test_every_answer_shows_the_limit_and_the_one_too_many_is_429(api, settings):
    settings.REQUESTS_A_MINUTE = 2

    answers = [api.get(ME) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers["X-RateLimit-Limit"] for answer in answers] == ["2"] * 3
    assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
    assert 1 <= int(answers[2].headers["Retry-After"]) <= 60
    assert answers[2].json()["code"] == "too-many-requests"


def test_strangers_are_counted_by_address(client, db, settings):
    settings.REQUESTS_A_MINUTE = 2

    assert [client.get(ME).status_code for _ in range(3)] == [401, 401, 429]
    assert client.get(ME, REMOTE_ADDR="10.0.0.9").status_code == 401


def test_one_token_does_not_use_up_the_limit_of_another(api, settings):
    settings.REQUESTS_A_MINUTE = 1
    other = client_for(factories.make_workspace())

    assert [api.get(ME).status_code, api.get(ME).status_code] == [200, 429]
    assert other.get(ME).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_plain_view_authenticates_in_the_same_ways(make_user, make_workspace, echo_urls):
    path = "/api/v1/test/whoami/"
    workspace = make_workspace()
    viewer = browser_for(make_member(workspace, Role.VIEWER).user)
    homeless = browser_for(make_user())

    assert client_for(workspace).get(path).content == b"owner"
    assert viewer.get(path).content == b"viewer"
    assert code(Client().get(path)) == (401, "not-authenticated")
    assert code(homeless.get(path)) == (404, "no-workspace")
    wrong = Client().get(path, headers={"Authorization": "Bearer x"})
    assert code(wrong) == (401, "invalid-credentials")
    assert wrong.headers["WWW-Authenticate"] == "Bearer"


def test_a_dead_redis_lets_requests_and_logins_through(client, api, monkeypatch):
    dead = RedisStorage("redis://127.0.0.1:1/0", wrap_exceptions=True)
    for module in (throttling, lockout):
        monkeypatch.setattr(module, "limiter", MovingWindowRateLimiter(dead))
    monkeypatch.setattr(lockout, "storage", dead)

    answer = api.get(ME)

    assert answer.status_code == 200
    assert "X-RateLimit-Limit" not in answer.headers
    assert login(client, api.user.username, "x").status_code == 401
    assert login(client, api.user.username).status_code == 200
