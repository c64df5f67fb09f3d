"""The simulator, judged over real HTTP by clients that others wrote."""
