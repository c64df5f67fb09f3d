"""Tests of the film's API."""
