"""What the HTTP libraries log of the wire, without our keys: a service may quote them back to us.

At DEBUG they log status lines and headers of answers as they came.
"""

import logging
from typing import Final

from ai.openrouter.keys import remember
from ai.openrouter.text import redact

_LOGGERS: Final = ("httpx", "httpcore.connection", "httpcore.http11")


class _Concealer(logging.Filter):
    """Lets every record through, and none of the secrets."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite a record that holds a secret."""
        said = record.getMessage()
        safe = redact(said)
        if safe != said:
            record.msg, record.args = safe, ()
        return True


_CONCEALER: Final = _Concealer()


def keep_out(secret: str) -> None:
    """See that no library and no text of ours repeats `secret`, in this process and from now on."""
    remember(secret)
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_CONCEALER)  # the same one is added once
