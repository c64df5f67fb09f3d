"""Typed readers of the environment. Every wrong or missing value is named in one message.

A secret `NAME` may also be given as `NAME_FILE`, the path of a file that holds it.
"""

import os
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from environs import Env, EnvValidationError, validate
from marshmallow import ValidationError

BASE_DIR: Final = Path(__file__).resolve().parent.parent

_env = Env(eager=False)
_env.read_env(str(BASE_DIR / ".env"), recurse=False, override=False)


def _from_file(name: str) -> None:
    """Put the text of the file named by `NAME_FILE` into `NAME`, unless `NAME` is set."""
    path = os.environ.get(f"{name}_FILE", "")
    if path and not os.environ.get(name):
        try:
            os.environ[name] = Path(path).read_text(encoding="utf-8").strip()
        except OSError as exc:
            message = f"{name}_FILE cannot be read: {exc.strerror}"
            raise ImproperlyConfigured(message) from exc


def text(name: str, default: str) -> str:
    """Read a string."""
    return str(_env.str(name, default))


def secret(name: str, default: str | None = None) -> str:
    """Read a secret from `NAME` or the file `NAME_FILE`; required when no default is given."""
    _from_file(name)
    if default is None:
        return str(_env.str(name, validate=validate.Length(min=1)) or "")
    return str(_env.str(name, default))


def flag(name: str, *, default: bool) -> bool:
    """Read true or false."""
    return bool(_env.bool(name, default))


def number(name: str, default: int, *, least: int = 0) -> int:
    """Read an integer that is not below `least`."""
    return int(_env.int(name, default, validate=validate.Range(min=least)) or 0)


def seconds(name: str, default: float) -> float:
    """Read a duration in seconds, above zero."""
    above_zero = validate.Range(min=0, min_inclusive=False)
    return float(_env.float(name, default, validate=above_zero) or 0.0)


def names(name: str, default: str = "") -> list[str]:
    """Read a comma-separated list; blanks around the commas are dropped."""
    return [part.strip() for part in text(name, default).split(",") if part.strip()]


def url(name: str, default: str, schemes: tuple[str, ...]) -> str:
    """Read an address whose scheme is one of these; another is named, and the default taken."""

    def check(value: str) -> None:
        if urlsplit(value).scheme not in schemes:
            message = f"must begin with one of {', '.join(f'{scheme}://' for scheme in schemes)}"
            raise ValidationError(message)

    return str(_env.str(name, default, validate=check) or default)


def folder(name: str, default: str) -> Path:
    """Read a path; a relative one starts at the project's root."""
    return BASE_DIR / text(name, default)


def seal() -> None:
    """Stop the start when any value read so far was wrong, naming all of them."""
    global _env  # noqa: PLW0603 one environment, read again after a failure
    try:
        _env.seal()
    except EnvValidationError as exc:
        _env = Env(eager=False)  # Django may import its settings again, and must be told the same
        lines = [f"  {name}: {' '.join(found)}" for name, found in _messages(exc).items()]
        message = "These settings are missing or wrong (see .env.example):\n" + "\n".join(lines)
        raise ImproperlyConfigured(message) from exc


def _messages(exc: EnvValidationError) -> dict[str, list[str]]:
    found = exc.error_messages
    return dict(found) if isinstance(found, dict) else {"environment": [str(found)]}
