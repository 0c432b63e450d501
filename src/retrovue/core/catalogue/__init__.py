"""Servers, libraries, path mappings, and looking around in the catalogue."""
