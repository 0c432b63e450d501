"""What keeps the project in order: setting up, locking, pages made from the code."""
