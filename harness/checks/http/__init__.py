"""HTTP itself: status, headers, refusals, the list of models, and who waits for whom."""
