"""Static files, under the sync client and over the ASGI handler."""

import pytest

from tests.canvas.asgi import ask


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


async def test_a_static_file_is_served_over_asgi(transactional_db, style):
    answer = await ask("GET", style)

    assert (answer.status_code, answer.content) == (200, b"a { color: red }")
    assert answer.headers["Content-Length"] == "16"
