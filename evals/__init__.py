"""Whether Calipers is right: scorers and benchmarks."""
