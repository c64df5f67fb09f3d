"""A process that stands still in a transaction holds up nobody for long."""

import pytest
from django.db import connection

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="needs PostgreSQL"),
]


def test_the_server_ends_a_transaction_in_which_nothing_happens(db):
    with connection.cursor() as cursor:
        cursor.execute("SHOW idle_in_transaction_session_timeout")
        found = cursor.fetchone()

    assert found == ("10s",)
