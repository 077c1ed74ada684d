"""The service: translation between HTTP and the layers below; work runs in worker processes, never here."""
