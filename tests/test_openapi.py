"""The committed document is the one that the code gives."""

import json

from django.conf import settings
from django.core.management import call_command


def test_the_committed_openapi_document_is_current(tmp_path):
    made = tmp_path / "openapi.json"

    call_command(
        "spectacular", "--format", "openapi-json", "--validate", "--fail-on-warn", "--file", made
    )

    committed = json.loads((settings.BASE_DIR / "openapi.json").read_text())
    assert json.loads(made.read_text()) == committed, "run `make openapi`"
    assert committed["openapi"].startswith("3.1")
