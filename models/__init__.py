"""What Calipers runs: the delineator with its weights, card and training code."""
