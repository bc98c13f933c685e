"""What pages are made of: blocks and cells, numbers as texts, selections, drawings."""
