"""The window: shows and asks, never decides, never syncs, never blocks."""
