"""Who may do what: roles, principals and keys, without HTTP and without SQL."""
