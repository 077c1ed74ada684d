"""The interfaces: command line, HTTP service, jobs and pages; all computation is in the layers below."""
