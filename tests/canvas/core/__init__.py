"""Tests of the floor and the tenant."""
