"""The tenant's part of the API."""
