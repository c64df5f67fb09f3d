"""Make the PostgreSQL database that DATABASE_URL names, if its server has none of that name yet."""

import os
import sys
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql


def ensure_database(url: str) -> bool:
    """Create the database; say whether it was created.

    Raises:
        psycopg.OperationalError: the server cannot be reached.
    """
    parts = urlsplit(url)
    name = parts.path.lstrip("/")
    server = urlunsplit(parts._replace(path="/postgres"))
    with psycopg.connect(server, autocommit=True, connect_timeout=5) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if found.fetchone():
            return False
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return True


if __name__ == "__main__":
    if ensure_database(os.environ["DATABASE_URL"]):
        sys.stdout.write("Made the database.\n")
