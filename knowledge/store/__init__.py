"""The retrieval store: guideline passages, past reports and ECG cases, by meaning and by words."""
