"""What `tonne append` and `tonne import` check before they post, and tell when they are done."""
