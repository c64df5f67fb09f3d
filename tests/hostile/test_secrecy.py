"""The key of the model's provider: nowhere but in the header that carries it; and who would see."""

import logging

import httpx
import pytest
from celery.signals import before_task_publish
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import path

from ai.models import Job, UpstreamCall
from tests import secrecy
from tests.ai.conftest import run, use_models
from tests.ai.factories import make_job
from tests.hostile.reading import read_all
from tests.hostile.world import make_world
from tests.scenes.factories import make_project, roomy_workspace
from tests.secrecy import CANARY_KEY

urlpatterns = [path("leak/", lambda _: HttpResponse(f"Authorization: Bearer {CANARY_KEY}"))]


def leak_into_a_log():
    logging.getLogger("urllib3.connection").debug("headers %s", [(b"a", CANARY_KEY.encode())])


def leak_into_a_traceback():
    try:
        int(CANARY_KEY)
    except ValueError:
        logging.getLogger("ai.jobs.runner").exception("a bug")


def leak_into_a_task():
    before_task_publish.send(sender="ai.run_job", body=([CANARY_KEY], {}, {}), headers={})


def leak_into_an_answer():
    from django.core.handlers.base import BaseHandler

    handler = BaseHandler()
    handler.load_middleware()
    handler.get_response(RequestFactory().get("/leak/"))


@pytest.mark.parametrize(
    ("leak", "place"),
    [
        (leak_into_a_log, "log of urllib3.connection"),
        (leak_into_a_traceback, "log of ai.jobs.runner"),
        (leak_into_a_task, "task"),
        (leak_into_an_answer, "answer of /leak/"),
    ],
)
def test_a_leak_is_seen(db, settings, monkeypatch, leak, place):
    settings.ROOT_URLCONF = __name__

    with secrecy.watching(monkeypatch) as finds:
        leak()

    assert place in finds


@pytest.mark.parametrize("column", ["payload", "result", "error"])
def test_a_leak_into_a_row_is_seen(db, column):
    make_job(make_project(roomy_workspace()), **{column: {"detail": f"x {CANARY_KEY}"}})
    finds = secrecy.Finds()

    secrecy.look_at_rows(finds)

    assert finds == [f"ai.Job.{column}"]


def test_nothing_is_seen_where_nothing_leaks(db, monkeypatch):
    with secrecy.watching(monkeypatch) as finds:
        logging.getLogger("ai").debug("words")
    secrecy.look_at_rows(finds)

    assert finds == []


def test_the_key_goes_out_in_its_header_and_comes_back_nowhere(transactional_db, api, openrouter):
    world = make_world(api.workspace)
    use_models(api.workspace, "maker/first", "maker/second")
    sent = []

    def refuse(_):
        error = {"error": {"code": 401, "message": "No auth credentials found"}}
        return httpx.Response(401, json=error)

    openrouter.before = lambda: sent.append(True)
    openrouter.will_do(refuse)
    openrouter.will_say("A fine film.")
    openrouter.will_break()
    address = f"/api/v1/projects/{world.ids['project']}/messages/"

    for _ in range(2):
        run(api.post(address, {"content": "Hello"}).json()["job"]["id"])
        Job.objects.filter(status="queued").update(
            status="cancelled", finished_at=world.project.created_at
        )

    assert len(sent) >= 2
    assert UpstreamCall.objects.filter(job__kind="chat", status="failed").exists()
    assert read_all(world, admin=True) == []
