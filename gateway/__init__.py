"""The composition root: the HTTP and websocket edge, the command line, loading and jobs."""
