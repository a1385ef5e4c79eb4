"""What a request costs: `make bench`. See bench/README.md."""
