"""What RetroVue does, apart from how it is stored, fetched and shown."""
