"""HTTP: status, headers, refusals, the model list, and requests that wait for others."""
