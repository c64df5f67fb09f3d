"""Tests of the admin of the film and of the tenant."""
