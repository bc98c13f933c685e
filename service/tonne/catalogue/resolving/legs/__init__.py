"""What a leg of a rule adds: which factors it looks at, what is made of them, what is told."""
