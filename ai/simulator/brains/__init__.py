"""What the simulator thinks with: pure functions from the input to an answer."""
