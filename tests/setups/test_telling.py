"""What `make test` and `.ci/run` say about what they run on, and what they leave out."""

import pytest

from canvas.stack import free_port
from tests import reachable, which

POSTGRES, REDIS, RABBITMQ = "postgresql://h/d", "redis://h/0", "amqp://h//"
NO_POSTGRES = "  not run   pool tests (marker postgres): set DATABASE_URL"
NO_BROKER = "  not run   survival over a broker, a broker that is cut off: set CELERY_BROKER_URL"
NO_REDIS = "  not run   bus and counts over Redis: set CELERY_BROKER_URL=redis://…"
NO_RABBITMQ = (
    "  not run   RabbitMQ: CELERY_BROKER_URL=amqp://… .venv/bin/pytest -m slow tests/setups"
)


@pytest.mark.parametrize(
    ("database", "broker", "left_out"),
    [
        ("", "", [NO_POSTGRES, NO_BROKER, NO_REDIS, NO_RABBITMQ]),
        ("sqlite:///x", "embedded://", [NO_POSTGRES, NO_BROKER, NO_REDIS, NO_RABBITMQ]),
        (POSTGRES, REDIS, [NO_RABBITMQ]),
        ("", RABBITMQ, [NO_POSTGRES, NO_REDIS]),
        (POSTGRES, RABBITMQ, [NO_REDIS]),
    ],
)
def test_the_suite_says_what_its_setup_leaves_out(monkeypatch, capsys, database, broker, left_out):
    monkeypatch.setenv("DATABASE_URL", database)
    monkeypatch.setenv("CELERY_BROKER_URL", broker)

    which.main()

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Running on:"
    assert ("PostgreSQL" in lines[1]) is (database == POSTGRES)
    assert [line for line in lines if "not run" in line] == left_out


@pytest.mark.parametrize(
    ("scheme", "fault"),
    [
        ("postgresql", "OperationalError"),
        ("redis", "OperationalError"),
        ("amqp", "OperationalError"),
    ],
)
def test_a_server_that_does_not_answer_is_named_without_its_password(capsys, scheme, fault):
    port = free_port()

    code = reachable.main(f"{scheme}://someone:secret@127.0.0.1:{port}/0")

    assert code == 1
    assert capsys.readouterr().out == f"{scheme}://127.0.0.1:{port}: {fault}\n"


def test_with_nothing_to_ask_everything_answers(capsys):
    assert reachable.main() == 0
    assert capsys.readouterr().out == ""
