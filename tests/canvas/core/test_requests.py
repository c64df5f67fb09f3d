"""Request ids, log lines, health."""

import json
import logging
import sys

import pytest
from django.db import OperationalError, connection, connections
from django.test import AsyncClient

from canvas.core.logs import JSONFormatter
from canvas.core.requests import current_request_id, request_id_is


def test_a_sane_request_id_comes_back(client, db):
    answer = client.get("/api/v1/me/", headers={"X-Request-ID": "a.B_c-1"})

    assert answer.headers["X-Request-ID"] == "a.B_c-1"
    assert answer.json()["requestId"] == "a.B_c-1"


@pytest.mark.parametrize("offered", ["", "a b", "x" * 65, "a\tb", "<script>", "é"])
def test_any_other_request_id_is_replaced(client, offered):
    answer = client.get("/healthz", headers={"X-Request-ID": offered})

    assert len(answer.headers["X-Request-ID"]) == 32
    assert answer.headers["X-Request-ID"] != offered


async def test_the_async_stack_names_requests_too():
    answer = await AsyncClient().get("/healthz", headers={"X-Request-ID": "async-1"})

    assert answer.headers["X-Request-ID"] == "async-1"
    assert current_request_id() == ""


def line_of(**values):
    record = logging.LogRecord("a.logger", logging.INFO, "f", 1, "msg %s", ("x",), None)
    vars(record).update(values)
    return json.loads(JSONFormatter().format(record))


def test_a_log_line_is_json_with_the_request_id_and_its_extras():
    with request_id_is("r-1"):
        line = line_of(job="j-1", request=object())

    assert (line["message"], line["level"], line["logger"]) == ("msg x", "INFO", "a.logger")
    assert (line["requestId"], line["job"]) == ("r-1", "j-1")
    assert "request" not in line


@pytest.mark.parametrize(
    "secret", ["sk-or-v1-0123456789abcdef", "cnv_0123456789abcdef", "Bearer abc.def-ghi"]
)
def test_secrets_are_cut_out_of_log_lines(secret):
    try:
        int(secret)
    except ValueError:
        line = line_of(msg=f"key {secret}", args=(), header=secret, exc_info=sys.exc_info())

    assert secret[7:] not in json.dumps(line)
    assert "ValueError" in line["error"]


def test_a_line_that_django_writes_after_the_request_has_its_id(client, db, caplog):
    with caplog.at_level(logging.WARNING, logger="django.request"):
        client.get("/api/v1/me/", headers={"X-Request-ID": "late-1"})

    line = json.loads(JSONFormatter().format(caplog.records[-1]))

    assert (line["logger"], line["requestId"]) == ("django.request", "late-1")


def test_liveness_needs_no_table_and_no_host(client):
    answer = client.get("/healthz", headers={"Host": "anything.example"})

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_readiness_names_each_dependency(client, db):
    answer = client.get("/readyz", headers={"Host": "10.0.0.1"})

    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["checks"] == {
        "database": {"ok": True, "detail": connection.vendor},
        "migrations": {"ok": True, "detail": "all applied"},
        "broker": {"ok": True, "detail": "embedded"},
        "media": {"ok": True, "detail": "writable"},
        "openrouter-key": {"ok": False, "detail": "not set"},  # told, and the rest works
    }


@pytest.mark.django_db(transaction=True)
async def test_readiness_answers_over_the_async_stack():
    assert (await AsyncClient().get("/readyz")).status_code == 200


def test_a_dead_broker_and_an_unwritable_folder_are_named(client, db, settings, tmp_path):
    (tmp_path / "file").touch()
    settings.MEDIA_ROOT = tmp_path / "file"
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"

    answer = client.get("/readyz")

    checks = answer.json()["checks"]
    assert answer.status_code == 503
    assert (checks["broker"]["ok"], checks["media"]["ok"]) == (False, False)
    assert "127.0.0.1" not in json.dumps(checks)


def test_a_dead_database_is_named(client, db, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise OperationalError("no")

    with monkeypatch.context() as patched:
        patched.setattr(connections["default"], "cursor", refuse)
        answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["checks"]["database"] == {
        "ok": False,
        "detail": "no answer: OperationalError",
    }
