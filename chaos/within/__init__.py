"""What runs inside a process of the service's own kind, with its settings and services."""
