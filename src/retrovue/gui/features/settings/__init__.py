"""Settings: everything that can be set, with its meaning and unit."""
