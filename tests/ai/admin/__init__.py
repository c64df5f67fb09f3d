"""Tests of the admin of the AI app, and of every page of the admin."""
