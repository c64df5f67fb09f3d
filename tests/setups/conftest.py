"""The service of one test module, on the set-up that the environment names."""

from urllib.parse import urlsplit

import pytest

from tests.settings import BROKER_URL
from tests.setups.service import Service
from tests.setups.wire import Wire

PORTS = {"redis": 6379, "amqp": 5672}


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    running = Service(tmp_path_factory.mktemp("service"))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def wire():
    """The wire between the service and its broker."""
    broker = urlsplit(BROKER_URL)
    return Wire(broker.hostname, broker.port or PORTS[broker.scheme])


@pytest.fixture(scope="module")
def wired(tmp_path_factory, wire):
    """A service that reaches its broker through the wire."""
    broker = urlsplit(BROKER_URL)
    login = broker.netloc.rpartition("@")[0]
    through = f"{login}@127.0.0.1:{wire.port}" if login else f"127.0.0.1:{wire.port}"
    url = broker._replace(netloc=through).geturl()
    running = Service(tmp_path_factory.mktemp("service"), CELERY_BROKER_URL=url)
    yield running
    running.stop()
