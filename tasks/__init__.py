"""Pipelines that come with the project: one package each, plain Luigi, usable without any service."""
