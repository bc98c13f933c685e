"""Commands that are a process of their own: serve, maintain, publish, check, rescue."""
