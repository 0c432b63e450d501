"""The command line: it asks the façade and shows what it says. Heavy imports stand inside the commands."""
