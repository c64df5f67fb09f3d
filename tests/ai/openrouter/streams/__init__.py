"""Whole response bodies, byte for byte, and what each of them means."""
