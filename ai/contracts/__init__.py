"""What models are asked for: pure shapes, judged by pydantic."""
