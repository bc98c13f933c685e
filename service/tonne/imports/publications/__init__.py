"""Publishers' own files as editions, where their terms do not let them ship."""
