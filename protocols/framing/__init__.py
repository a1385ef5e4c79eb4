"""Bytes on a connection to events, and nothing about what these say."""
