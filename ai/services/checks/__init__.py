"""Do the models that are set do what they are set for? Looked up in tables, or asked for real."""
