"""One service on every set-up: what holds on one database and broker holds on the others."""
