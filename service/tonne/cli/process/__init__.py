"""Commands that run beside or as a server: serve, maintain, publish, check, rescue."""
