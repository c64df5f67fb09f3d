"""From a request to the models that are tried: see docs/routing.md.

scope        whose call it is, and what is written for them
chain        the models in their order; what is left out, and why
needs        what a request needs of a model
preferences  which providers may serve it
policy       which providers keep prompts or learn from them
proposals    a chain for editors to start from
"""

from ai.routing.chain import chain, choice_of, entry_of
from ai.routing.choice import Choice, efforts_of, snapped
from ai.routing.needs import OF_TASK, Needs, why_not
from ai.routing.preferences import Preferences
from ai.routing.scope import Scope, written

__all__ = [
    "OF_TASK",
    "Choice",
    "Needs",
    "Preferences",
    "Scope",
    "chain",
    "choice_of",
    "efforts_of",
    "entry_of",
    "snapped",
    "why_not",
    "written",
]
