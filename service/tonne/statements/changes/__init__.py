"""Why a number changed, and what is stated about it: bridges, restatements, base years."""
