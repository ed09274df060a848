"""What writes model directories: known models, their sources, conversion, verification."""
