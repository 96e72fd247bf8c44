"""Whether a review keeps its promises: killed at any moment it loses nothing; bundles run again to the same bytes."""
