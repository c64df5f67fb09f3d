"""Tests of ai.services."""
