"""Files for people: tax reports as tables and as pages to print."""
