"""Say plainly which set-up the suite is about to run on, and what it leaves out for that reason."""

import os
import sys
from typing import Final

BROKERS: Final = {
    "": "embedded",
    "redis": "Redis: bus and counts of all tests, rings of those that start processes",
    "amqp": "RabbitMQ: rings of the tests that start processes",
}


def main() -> None:
    """Print one line for each part, and one for each part of the suite that does not run."""
    database = os.environ.get("DATABASE_URL", "")
    broker = os.environ.get("CELERY_BROKER_URL", "")
    kind = next((kind for kind in ("redis", "amqp") if broker.startswith(kind)), "")
    lines = [
        "Running on:",
        f"  database  {'PostgreSQL' if database.startswith('postgres') else 'SQLite'}",
        f"  queue     {BROKERS[kind]}",
        *(f"  not run   {part}" for part in _left_out(database, kind)),
    ]
    sys.stdout.write("\n".join(lines) + "\n")


def _left_out(database: str, kind: str) -> list[str]:
    parts = []
    if not database.startswith("postgres"):
        parts.append("pool tests (marker postgres): set DATABASE_URL")
    if not kind:
        parts.append("survival over a broker, a broker that is cut off: set CELERY_BROKER_URL")
    if kind != "redis":
        parts.append("bus and counts over Redis: set CELERY_BROKER_URL=redis://…")
    if kind != "amqp":
        parts.append("RabbitMQ: CELERY_BROKER_URL=amqp://… .venv/bin/pytest -m slow tests/setups")
    return parts


if __name__ == "__main__":
    main()
