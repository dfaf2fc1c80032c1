"""What each type of rule looks at, read for many things at once."""
