"""Prompts are files: read a folder, fill its `$holes` strictly, know it by its digest."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from string import Template
from typing import Final

from django.conf import settings

DIGEST_CHARACTERS: Final = 12
# What begins or ends a data tag in the eyes of a model: any case, any space, seen or unseen.
_UNSEEN: Final = r"\s\x00-\x1f\u00ad\u200b-\u200f\u2060-\u2064\ufeff"
_TAG: Final = re.compile(rf"<(?=[{_UNSEEN}]*(?:[/\\][{_UNSEEN}]*)*data\b)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Wording:
    """One prompt's texts. The digest names this exact wording in every ledger row."""

    name: str
    system: Template
    user: Template
    digest: str

    def fill(self, values: Mapping[str, str]) -> tuple[str, str]:
        """Return the system and the user text.

        Raises:
            KeyError: a hole has no value; that is a bug, not an input.
        """
        fenced = {name: _TAG.sub("&lt;", text) for name, text in values.items()}
        return self.system.substitute(fenced), self.user.substitute(fenced)


@lru_cache(maxsize=64)
def wording(name: str) -> Wording:
    """Read `templates/prompts/<name>/`; a running process keeps what it has read."""
    folder = Path(settings.BASE_DIR) / "templates" / "prompts" / name
    system = (folder / "system.md").read_text(encoding="utf-8")
    # A conversation has no user text of ours: what the person says follows as it is.
    said = folder / "user.md"
    user = said.read_text(encoding="utf-8") if said.exists() else ""
    digest = hashlib.sha256(f"{system}\0{user}".encode()).hexdigest()[:DIGEST_CHARACTERS]
    return Wording(name, Template(system), Template(user), digest)
