"""Generate an ECG on request, and measure it again before anyone sees it."""
