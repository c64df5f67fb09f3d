"""THE INDEX: every question that is put to a model. Wording + task + contract."""

from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from ai.contracts.base import Contract
from ai.contracts.outline import Outline
from ai.contracts.vision import ImageAnalysis
from ai.models import Task
from ai.prompts import Wording, wording

C = TypeVar("C", bound=Contract)


@dataclass(frozen=True, slots=True)
class Recipe(Generic[C]):
    """A question with a contract: the answer is validated JSON or an error."""

    prompt: str
    task: str
    contract: type[C]

    @property
    def wording(self) -> Wording:
        """The prompt's present texts."""
        return wording(self.prompt)


@dataclass(frozen=True, slots=True)
class Voice:
    """A question without a contract: the answer is words and tool calls."""

    prompt: str
    task: str

    @property
    def wording(self) -> Wording:
        """The prompt's present texts."""
        return wording(self.prompt)


OUTLINE: Final = Recipe("outline", Task.OUTLINE, Outline)
VISION: Final = Recipe("vision", Task.VISION, ImageAnalysis)
DIRECTOR: Final = Voice("director", Task.CHAT)
