"""Planning jobs: orders and outcomes on disk, worker processes, and the supervisor of the workers."""
