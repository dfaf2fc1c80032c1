"""Background jobs: declared in `jobs/`, queued in Postgres, run by any number of workers."""
