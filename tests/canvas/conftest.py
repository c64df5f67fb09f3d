"""The test API under the real middleware."""

import pytest

from tests.canvas import echo


@pytest.fixture
def echo_urls(settings):
    """Mount the test API; gives its module, with what it was called with."""
    settings.ROOT_URLCONF = "tests.canvas.echo"
    echo.calls.clear()
    echo.jobs.clear()
    echo.gate.clear()
    return echo
