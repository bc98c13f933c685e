"""Make the sums of merged postings without their facilities, and hold them against these."""
