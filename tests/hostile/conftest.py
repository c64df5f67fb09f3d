"""What these tests borrow: the scripted wire of the AI tests."""

from tests.ai.conftest import openrouter

__all__ = ["openrouter"]
