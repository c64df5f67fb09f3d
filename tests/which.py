"""Say plainly which set-up the suite is about to run on."""

import os
import sys


def main() -> None:
    """Print one line for each part."""
    database = os.environ.get("DATABASE_URL", "")
    broker = os.environ.get("CELERY_BROKER_URL", "")
    real_database = database.startswith("postgres")
    real_broker = broker.startswith(("redis", "amqp"))
    sys.stdout.write(
        "Running on:\n"
        f"  database  {'PostgreSQL (DATABASE_URL)' if real_database else 'SQLite'}\n"
        f"  queue     {'the broker of CELERY_BROKER_URL' if real_broker else 'embedded'}\n"
    )
    if not real_database:
        sys.stdout.write("  not run   row-lock tests (marker postgres): set DATABASE_URL\n")
    if not real_broker:
        sys.stdout.write("  not run   survival over a broker: set CELERY_BROKER_URL\n")


if __name__ == "__main__":
    main()
