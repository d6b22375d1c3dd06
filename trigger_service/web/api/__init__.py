"""The routes of `/api/v1` and of the root, one file per resource."""
