"""Tests of the film's services."""
