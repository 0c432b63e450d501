"""A small, honest stand-in for a Plex server, with a library of films and series in the public domain."""
