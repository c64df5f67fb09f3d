"""What is measured inside the service's own code: each module prints its result as JSON."""
