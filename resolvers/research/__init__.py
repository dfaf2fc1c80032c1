"""Analyses of projects, and what news and social media say."""
