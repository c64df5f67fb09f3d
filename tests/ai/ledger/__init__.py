"""Tests of ai.ledger."""
