"""What news and social media say."""
