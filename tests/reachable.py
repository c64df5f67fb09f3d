"""Say which servers do not answer: `python -m tests.reachable URL …`."""

import sys
from typing import Final
from urllib.parse import urlsplit

import kombu
import psycopg
from kombu.exceptions import OperationalError

from canvas.postgres import ensure_database

PATIENCE_S: Final = 2


def main(*urls: str) -> int:
    """Return 0 when all answer; a PostgreSQL's database is made if its server lacks it."""
    faults = [(url, fault) for url in urls if (fault := fault_of(url))]
    for url, fault in faults:
        parts = urlsplit(url)
        sys.stdout.write(f"{parts.scheme}://{parts.hostname}:{parts.port}: {fault}\n")
    return 1 if faults else 0


def fault_of(url: str) -> str:
    """Say why a server cannot be used; nothing when it answers."""
    try:
        if url.startswith("postgres"):
            ensure_database(url)
        else:
            with kombu.Connection(url, connect_timeout=PATIENCE_S) as broker:
                broker.ensure_connection(max_retries=1, timeout=PATIENCE_S)
    except (psycopg.Error, OperationalError, OSError) as exc:
        return type(exc).__name__
    return ""


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
