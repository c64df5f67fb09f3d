"""api of the film."""
