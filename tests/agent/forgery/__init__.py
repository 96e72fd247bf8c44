"""Single planted faults for real reports, by kind: what a careless model or a clever forger might do."""
