"""Tests of the way from text to contract."""
