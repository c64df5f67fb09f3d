"""Tests of the packages that talk to a model."""
