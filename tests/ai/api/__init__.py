"""tests of the API of AI work."""
