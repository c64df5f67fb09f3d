"""Tests of ai.director."""
