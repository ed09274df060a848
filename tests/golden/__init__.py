"""What the filters do, one case a file."""
