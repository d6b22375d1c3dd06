"""The service: the only writers of the store. Threads and decisions; knows no HTTP."""
