"""How long a bare `save()` of a scene takes, and how many statements an edit through the API."""

import json
import statistics
import sys
import time

import django

django.setup()

from django.db import connection, transaction  # noqa: E402 after the set-up
from django.test import Client  # noqa: E402 as above
from django.test.utils import CaptureQueriesContext  # noqa: E402 as above

from benchmarks.figures import REPEATS, ms  # noqa: E402 as above
from scenes.models import Scene  # noqa: E402 as above

SAVES = 40
_FRAME = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "PRAGMA", "ROLLBACK", "SET ")


def main() -> None:
    """Print both."""
    scene_id, token = sys.argv[1:]
    saves = [_save(scene_id) for _ in range(REPEATS)]
    queries = [_queries(scene_id, token, number) for number in range(REPEATS + 1)][1:]
    print(json.dumps({"saves_ms": saves, "queries": queries}))


def _save(scene_id: str) -> float:
    """Save the row in a transaction of its own; the median of many, in ms."""
    scene = Scene.objects.get(pk=scene_id)
    spent = []
    for number in range(SAVES):
        scene.notes = f"Save {number}."
        started = time.monotonic()
        with transaction.atomic():
            scene.save()
        spent.append(ms(time.monotonic() - started))
    return statistics.median(spent)


def _queries(scene_id: str, token: str, number: int) -> int:
    """Count the statements of one edit; what only opens and closes transactions is not counted."""
    client = Client(HTTP_HOST="127.0.0.1", HTTP_AUTHORIZATION=f"Bearer {token}")
    path = f"/api/v1/scenes/{scene_id}/"
    etag = client.get(path).headers["ETag"]
    body = {"notes": f"Take {number}."}
    with CaptureQueriesContext(connection) as captured:
        answer = client.patch(
            path, body, content_type="application/json", headers={"If-Match": etag}
        )
    if answer.status_code != 200:  # noqa: PLR2004 OK
        raise RuntimeError(f"the edit answered {answer.status_code}")
    statements = [query["sql"] for query in captured.captured_queries]
    return sum(not sql.startswith(_FRAME) for sql in statements)


if __name__ == "__main__":
    main()
