"""How Calipers thinks, and its surfaces: graph, verifier, command line, report page."""
