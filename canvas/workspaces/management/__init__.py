"""Commands of the tenant app."""
