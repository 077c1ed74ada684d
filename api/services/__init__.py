"""Use cases of the service, without HTTP and without SQL."""
