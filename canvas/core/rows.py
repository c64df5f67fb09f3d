"""What every table shares: a UUIDv7 id, two times and the version behind its ETag."""

import secrets
import time
from uuid import UUID

from django.db import models
from django.utils import timezone


def uuid7() -> UUID:
    """Make a UUIDv7: 48 bits of milliseconds, then random bits.

    Ids sort roughly by time, which keeps indexes dense; nothing may read order or time out of one.

    Source: RFC 9562, section 5.7.
    """
    value = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    value = value & ~(0xF000 << 64) | (0x7000 << 64)
    value = value & ~(0xC000 << 48) | (0x8000 << 48)
    return UUID(int=value)


class Row(models.Model):
    """A row with an identity.

    `version` starts at 1 and rises by one with each edit through a service; it is the ETag.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    modified_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        abstract = True
