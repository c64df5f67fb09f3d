"""One service per test module; the worker is each test's own affair."""

import pytest

from tests.survival.machine import Machine


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    service = Machine(tmp_path_factory.mktemp("service"))
    yield service
    service.stop()
