"""Tests of the OpenRouter-compatible simulator."""
