"""Dashboards: arrangements of widgets, kept private, published, or shared by a link."""
