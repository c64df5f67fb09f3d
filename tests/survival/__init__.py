"""Processes that die, and what is left."""
