"""Importers: the servers, and the libraries on them."""
