"""A project whose models have prices."""

import pytest

from ai.models import CatalogueEntry

MILLION = 1_000_000


def price(slug, prompt_nusd=150, completion_nusd=600, **over):
    """Let the catalogue know a model, at a price of nano-dollars a token."""
    values = {
        "name": slug,
        "author": slug.partition("/")[0],
        "prompt_nusd_per_m": prompt_nusd * MILLION,
        "completion_nusd_per_m": completion_nusd * MILLION,
        "context_length": 128_000,
        "max_output_tokens": 16_000,
        "input_modalities": ["text", "image"],
        "output_modalities": ["text"],
        "supported_parameters": ["tools", "structured_outputs", "response_format", "temperature"],
        **over,
    }
    return CatalogueEntry.objects.update_or_create(slug=slug, defaults=values)[0]


@pytest.fixture
def priced(project):
    """The project; its plan's models are in the catalogue."""
    price("maker/first")
    price("maker/second", 300, 1_200)
    return project
