"""Jobs: the port through which services use them, and the engine and processes that compute them."""
