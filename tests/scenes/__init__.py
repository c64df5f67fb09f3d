"""Tests of the film."""
