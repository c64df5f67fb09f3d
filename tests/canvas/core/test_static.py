"""Static files, and the stack around them."""

import pytest
from django.core.handlers.asgi import ASGIHandler
from django.test import AsyncClient

from canvas.core.wait import PreferWaitMiddleware


@pytest.fixture
def style(settings):
    file = settings.STATIC_ROOT / "style.css"
    file.write_text("a { color: red }")
    yield "/static/style.css"
    file.unlink()


def test_a_static_file_is_served(client, db, style):
    answer = client.get(style)

    assert answer.status_code == 200
    assert b"".join(answer.streaming_content) == b"a { color: red }"
    answer.close()


async def test_a_static_file_is_served_by_the_async_stack(db, style):
    answer = await AsyncClient().get(style)

    assert [chunk async for chunk in answer.streaming_content] == [b"a { color: red }"]
    answer.close()


def test_the_whole_stack_is_async_under_asgi(monkeypatch):
    made = []
    real = PreferWaitMiddleware.__init__

    def noted(self, get_response):
        real(self, get_response)
        made.append(self.is_async)

    monkeypatch.setattr(PreferWaitMiddleware, "__init__", noted)

    ASGIHandler().load_middleware(is_async=True)

    assert made[-1] is True
