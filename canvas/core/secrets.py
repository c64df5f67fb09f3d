"""Secrets at rest: encrypted, and readable after the key they were encrypted with was replaced.

The first key of `SECRETS_KEYS` encrypts, each of them decrypts; so does one that is derived from
`SECRET_KEY`, which alone does when the setting is empty. `manage.py rotate_secrets` encrypts what
is stored with the first key, after which the others may go.
"""

import base64
from functools import cache
from typing import Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

_PURPOSE: Final = b"scene-canvas secrets at rest"
_KEY_BYTES: Final = 32


class UnreadableSecretError(Exception):
    """None of the present keys decrypts it, or it was not encrypted for this place."""


def seal(secret: str, *, place: str) -> str:
    """Encrypt a secret for one place, such as a row's id: elsewhere it cannot be read."""
    return _box().encrypt(f"{place}\n{secret}".encode()).decode()


def unseal(sealed: str, *, place: str) -> str:
    """Decrypt what `seal` gave for this place.

    Raises:
        UnreadableSecretError: no key fits, it was changed, or it belongs to another place.
    """
    try:
        found, _, secret = _box().decrypt(sealed.encode()).decode().partition("\n")
    except (InvalidToken, UnicodeError) as exc:
        raise UnreadableSecretError from exc
    if found != place:
        raise UnreadableSecretError
    return secret


def reseal(sealed: str) -> str:
    """Encrypt anew with the first key what any key decrypts.

    Raises:
        UnreadableSecretError: no key fits, or it was changed.
    """
    try:
        return _box().rotate(sealed.encode()).decode()
    except (InvalidToken, UnicodeError) as exc:
        raise UnreadableSecretError from exc


def check() -> None:
    """Stop the start when a key of `SECRETS_KEYS` is none.

    Raises:
        ImproperlyConfigured: it says which one, and how to make a key.
    """
    _box()


def _box() -> MultiFernet:
    given = tuple(part.strip() for part in settings.SECRETS_KEYS.split(",") if part.strip())
    return _made(given, (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


@cache
def _made(given: tuple[str, ...], secret_keys: tuple[str, ...]) -> MultiFernet:
    boxes = []
    for number, key in enumerate(given, start=1):
        try:
            boxes.append(Fernet(key))
        except ValueError as exc:
            raise ImproperlyConfigured(
                f"SECRETS_KEYS: key {number} is none. Make one with `python -c 'from"
                " cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'`."
            ) from exc
    return MultiFernet([*boxes, *(Fernet(_derived(key)) for key in secret_keys)])


def _derived(secret_key: str) -> bytes:
    """Derive a key for this purpose alone. Source: RFC 5869."""
    derived = HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=_PURPOSE)
    return base64.urlsafe_b64encode(derived.derive(secret_key.encode()))
