"""Tests of ai.jobs."""
