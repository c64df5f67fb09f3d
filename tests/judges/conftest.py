"""One simulator on loopback for all judges, and what they are asked."""

from decimal import Decimal

import pytest

from ai.simulator.background import serving
from ai.simulator.settings import Settings

KEY = "sk-or-v1-any"
MODEL = "openai/gpt-4o-mini"
SAID = [{"role": "user", "content": "Mara waits for the bus."}]
ORDERS = [
    {"role": "user", "content": "Create a scene titled Dawn. Create a scene titled Dusk."},
]
SCENE = {
    "type": "object",
    "properties": {"title": {"type": "string"}, "description": {"type": "string"}},
    "required": ["title", "description"],
    "additionalProperties": False,
}
TOOLS = [
    {
        "type": "function",
        "function": {"name": "create_scene", "description": "Add a scene.", "parameters": SCENE},
    }
]
FORM = {
    "type": "json_schema",
    "json_schema": {"name": "scene", "strict": True, "schema": SCENE},
}
PAINTER = "black-forest-labs/flux.2-max"
MULTIMODAL_PAINTER = "google/gemini-3-pro-image-preview"


@pytest.fixture(scope="package")
def url():
    with serving(Settings(first_token_s=0, tokens_per_second=1e9)) as url:
        yield url


@pytest.fixture(scope="package")
def poor_url():
    """A simulator whose account has a thousandth of a dollar left."""
    settings = Settings(first_token_s=0, tokens_per_second=1e9, credit_usd=Decimal("0.001"))
    with serving(settings) as url:
        yield url
