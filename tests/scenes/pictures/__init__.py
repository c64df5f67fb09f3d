"""Tests of the picture door."""
