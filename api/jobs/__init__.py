"""Planning jobs: orders and outcomes on disk, worker processes, and the supervisor that starts and stops them."""
