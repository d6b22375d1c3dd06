"""HTTP: the API under `/api/v1`, health at the root; speaks to the services, never to the store."""
