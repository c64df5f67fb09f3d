"""services of the film."""
