"""What a user owns and did. Every row here has an owner, and only the owner reads it."""
