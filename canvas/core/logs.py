"""Log lines: one JSON object each, with the request's id, without locals and without secrets."""

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any, Final

from canvas.core.requests import current_request_id

_SECRET: Final = re.compile(r"(sk-or-|cnv_|Bearer\s+)[A-Za-z0-9._~+/=-]{4,}", re.IGNORECASE)
_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def redacted(text: str) -> str:
    """Cut every key and token in a text down to its prefix."""
    return _SECRET.sub(r"\1…", text)


class JSONFormatter(logging.Formatter):
    """Formats a record as one line of JSON; plain values given as `extra` become members."""

    def format(self, record: logging.LogRecord) -> str:
        """Give the line, without a newline at its end."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": redacted(record.getMessage()),
            "requestId": current_request_id() or _id_of_request(record),
        }
        line.update(_extras(record))
        if record.exc_info:
            line["error"] = redacted(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


def _id_of_request(record: logging.LogRecord) -> str:
    return str(getattr(getattr(record, "request", None), "request_id", ""))


def _extras(record: logging.LogRecord) -> dict[str, Any]:
    return {
        name: redacted(value) if isinstance(value, str) else value
        for name, value in vars(record).items()
        if name not in _STANDARD and isinstance(value, str | int | float | bool | None)
    }
