"""Say whether a PostgreSQL server and a Redis answer: `python -m tests.reachable PG REDIS`."""

import sys

import psycopg
import redis

from canvas.postgres import ensure_database


def main(database_url: str, broker_url: str) -> int:
    """Return 0 when both answer; the database is made if its server lacks it."""
    try:
        ensure_database(database_url)
        redis.Redis.from_url(broker_url, socket_connect_timeout=2).ping()
    except (psycopg.Error, redis.RedisError) as exc:
        sys.stdout.write(f"{type(exc).__name__}: {exc}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
