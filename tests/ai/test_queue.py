"""Ringing for a worker: what a broker that does not answer may cost a request."""

import os
import socket
import subprocess
import sys
import time
from uuid import uuid4

import pytest
from kombu import Connection

from ai import queue
from canvas.core import bus, carriers
from tests.settings import BROKER_URL

RINGS = """
import sys, time
import django
django.setup()
from celery import current_app
from ai import queue

current_app.conf.task_default_queue = sys.argv[1]
begun = time.monotonic()
for number in range(5):
    queue.send(str(number))
print(time.monotonic() - begun)
"""
QUEUE = f"tests-{os.getpid()}"  # nobody else's rings
OPTIONS = "import canvas.settings; print(canvas.settings.CELERY_BROKER_TRANSPORT_OPTIONS)"


def python(program, broker_url):
    """Run a program of this project that has this broker; give what it printed and logged."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "canvas.settings",
        "CELERY_BROKER_URL": broker_url,
        "BUS_URL": "local://",
    }
    done = subprocess.run(
        [sys.executable, "-c", program, QUEUE],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip(), done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["redis", "amqp"])
def test_a_stalled_broker_costs_about_a_second_and_not_one_a_ring(scheme):
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        address = f"{scheme}://127.0.0.1:{server.getsockname()[1]}/0"

        spent, logged = python(RINGS, address)

    assert 0.9 < float(spent) < 2
    assert logged.count("not rung") == 1


@pytest.mark.parametrize(
    ("broker_url", "options"),
    [
        ("embedded://", {}),
        ("amqp://guest:guest@127.0.0.1:5672//", {}),
        (
            "redis://127.0.0.1:6379/0",
            {
                "visibility_timeout": 3600,
                "socket_timeout": 3,
                "socket_connect_timeout": 1,
                "retry_on_timeout": False,
            },
        ),
    ],
)
def test_only_redis_is_told_its_timeouts(broker_url, options):
    printed, _ = python(OPTIONS, broker_url)

    assert printed == str(options)


@pytest.mark.skipif(not BROKER_URL.startswith("redis"), reason="needs a Redis")
def test_a_ring_reaches_the_queue_of_a_real_broker():
    with Connection(BROKER_URL) as broker, broker.SimpleQueue(QUEUE) as waiting:
        python(RINGS, BROKER_URL)

        assert waiting.qsize() == 5
        waiting.queue.delete()


def test_without_a_broker_a_ring_goes_over_the_bus():
    heard, job_id = [], uuid4()
    bus.hub.on(queue.RING, heard.append)

    queue.ring(job_id)

    deadline = time.monotonic() + 5
    while str(job_id) not in heard and time.monotonic() < deadline:
        time.sleep(0.01)
    assert str(job_id) in heard
    bus.hub._callbacks.remove((queue.RING, heard.append))


@pytest.fixture
def broken(monkeypatch):
    """A broker to which every connection is refused; counts who asks."""
    asked = []

    def refuse():
        asked.append(True)
        raise ConnectionRefusedError

    monkeypatch.setattr(queue, "_producers", refuse)
    monkeypatch.setattr(queue, "_outage", carriers.Outage(lasts_s=0.1))
    return asked


def test_a_failed_ring_is_logged_and_the_next_ones_wait_for_the_outage_to_pass(broken, caplog):
    for _ in range(3):
        queue.send("7")
    assert [record.message for record in caplog.records] == [
        "job 7: not rung: ConnectionRefusedError"
    ]

    time.sleep(0.11)
    queue.send("7")

    assert len(broken) == 2
