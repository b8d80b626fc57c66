"""Decisions about a deployment: one request, all principals, and the change between two."""
