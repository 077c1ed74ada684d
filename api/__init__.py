"""Translation only: command line, HTTP service, jobs and pages around the layers below."""
