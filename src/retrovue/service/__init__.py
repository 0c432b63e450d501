"""The background process that fires the schedules, and how others start and stop it."""
