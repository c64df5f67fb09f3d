"""Signatures of thoughts: opaque texts that must come back as they were sent."""

import hashlib
from typing import Final

GEMINI_FORMAT: Final = "google-gemini-v1"
SIGN_CHARS: Final = 16


def signature_of(text: str) -> str:
    """Make the signature of a thought about a text."""
    return signed(_digest(text))


def signed(body: str) -> str:
    """Add the characters by which a changed signature is known."""
    return body + _digest(body)[:SIGN_CHARS]


def _digest(text: str) -> str:
    """Digest any text, also one that is no valid Unicode."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
