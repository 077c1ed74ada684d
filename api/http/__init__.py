"""The HTTP service: translation between HTTP and the layers below; worker processes do all work."""
