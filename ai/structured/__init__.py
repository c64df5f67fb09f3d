"""From the text of a model to a validated contract."""
