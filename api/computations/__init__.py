"""What commands and jobs compute from files: values in, one JSON document and files out; no terminal and no HTTP."""
