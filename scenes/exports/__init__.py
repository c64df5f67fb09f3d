"""A film written as text for other tools: Fountain, a shot list as CSV, JSON. Pure."""
