"""What is worth telling people, and how it reaches them."""
