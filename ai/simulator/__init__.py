"""An OpenRouter-compatible server for work without a key: answers computed, faults on request."""
