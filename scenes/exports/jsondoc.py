"""The project's document as a file. The watermark stands beside it: the document is not changed."""

import json
from collections.abc import Mapping
from typing import Any


def write_json(document: Mapping[str, Any], *, watermark: str) -> str:
    """Write `{"document": …}`, with a member `watermark` before it where there is one."""
    marked = {"watermark": watermark} if watermark else {}
    return json.dumps({**marked, "document": document}, ensure_ascii=False, indent=2) + "\n"
