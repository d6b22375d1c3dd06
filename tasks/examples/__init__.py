"""Small pipelines to read first: `hello`, then `retries`."""
