"""The Plex Media Server, as a `MediaSource`. What it does and does not promise: docs/plex.md."""
