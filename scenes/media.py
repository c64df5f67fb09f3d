"""Addresses of stored files: signed, so that knowing one is the right to read it.

The signature is constant. A file is never rewritten, so its address can be cached for ever.
"""

from typing import Final
from urllib.parse import quote, urlencode

from django.core.signing import BadSignature, Signer

MEDIA_PREFIX: Final = "/media/"
_SIGNER: Final = Signer(salt="scenes.media", sep=":")


def media_url(path: str) -> str:
    """Give the signed address of a file in storage, from the root of this service."""
    return f"{MEDIA_PREFIX}{quote(path)}?{urlencode({'sig': _SIGNER.signature(path)})}"


def is_signed(path: str, signature: str) -> bool:
    """Say whether a signature belongs to a path; it takes as long for a wrong one."""
    try:
        return _SIGNER.unsign(f"{path}:{signature}") == path
    except BadSignature:
        return False
