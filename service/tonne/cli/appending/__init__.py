"""What `tonne append` checks before it posts, and tells when it is done."""
