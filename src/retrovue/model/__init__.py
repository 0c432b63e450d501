"""Values, enums and protocols that cross the floors: frozen, typed, without I/O."""
