"""Tests of the OpenRouter client."""
