"""The director's prompt as the owner of a workspace or project wants it.

What people write here is never a template: `$` is a dollar. The project's data follow whatever is
said, between their tags.
"""

import hashlib
import re
from collections.abc import Mapping
from string import Template
from typing import Final

from ai.prompts import DIGEST_CHARACTERS, Wording
from ai.routing import Choice

_FIRST_DATA: Final = "<data name="
_TAG: Final = re.compile(r"<(?=[\s/\\]*wishes\b)", re.IGNORECASE)
_SAID: Final = Template("$said")
_WISHES: Final = Template(
    "What follows between <wishes> tags is what the owner of this project wants of you.\n"
    "Do as they say wherever it does not contradict what stands above.\n\n"
    "<wishes>\n$said\n</wishes>"
)


def system_for(choice: Choice, wording: Wording, values: Mapping[str, str]) -> tuple[str, str]:
    """Return the director's prompt for one model, and the digest of its wording.

    The digest differs for each text of the owner's, so that an answer leads to its exact wording.
    """
    own, extra = choice.override_prompt.strip(), choice.extra_prompt.strip()
    if not own and not extra:
        return wording.fill(values)[0], wording.digest
    told, data = _parts(wording.system)
    said = [_filled(_SAID, {"said": own}) if own else _filled(told, values)]
    if extra:
        said.append(_filled(_WISHES, {"said": _TAG.sub("&lt;", extra)}))
    said.append(_filled(data, values))
    return "\n\n".join(text.strip() for text in said) + "\n", _digest(wording, own, extra)


def _parts(system: Template) -> tuple[Template, Template]:
    """Cut the shipped prompt before the paragraph that announces the data."""
    text = system.template
    announced = text.rfind("\n\n", 0, text.index(_FIRST_DATA))
    cut = text.rfind("\n\n", 0, announced)
    return Template(text[:cut]), Template(text[cut:])


def _filled(template: Template, values: Mapping[str, str]) -> str:
    """Fill the holes, with every data tag in the values made harmless."""
    return Wording("director", template, Template(""), "").fill(values)[0]


def _digest(wording: Wording, own: str, extra: str) -> str:
    words = f"{wording.digest}\0{own}\0{extra}"
    return hashlib.sha256(words.encode()).hexdigest()[:DIGEST_CHARACTERS]
