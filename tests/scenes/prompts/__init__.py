"""Tests of the prompt compiler."""
