"""RetroVue: a local, trustworthy catalogue of the media on Plex servers."""

__version__ = "2.0.0"
