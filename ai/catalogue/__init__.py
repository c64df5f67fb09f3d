"""OpenRouter's models, providers and endpoints: read, found, compared."""
